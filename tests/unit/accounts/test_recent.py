"""What is remembered of an account is forgotten in time, however often it is asked for."""

import pytest

from classifr.accounts import recent
from classifr.accounts.recent import RecentAccounts
from classifr.database.models import User


def test_account_is_remembered_for_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(recent.time, "monotonic", lambda: now)
    accounts = RecentAccounts()
    assert accounts.get(7) is None
    accounts.keep(7, User(id=7))
    for _ in range(4):
        assert accounts.get(7).id == 7
        now += 0.1
    now += 0.2
    assert accounts.get(7) is None


def test_memory_is_bounded() -> None:
    accounts = RecentAccounts()
    for number in range(5_000):
        accounts.keep(number, User(id=number))
    assert len(accounts._read) <= 1_000
