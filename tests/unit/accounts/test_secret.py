"""The secret that signs tokens: generated once, shared, never weak."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifr.accounts.secret import token_secret
from classifr.errors import SettingsInvalid
from classifr.settings import Settings


def settings(tmp_path: Path, **changes: object) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, **changes)


def test_secret_is_generated_once_for_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: token_secret(settings(tmp_path)), range(8)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("secret", ["short", "a" * 64, "changeme" * 2])
def test_weak_secret_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(SettingsInvalid, match="too weak"):
        token_secret(settings(tmp_path, accounts={"token_secret": secret}))


def test_damaged_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token-secret").write_text("")
    with pytest.raises(SettingsInvalid, match="is damaged"):
        token_secret(settings(tmp_path))


def test_shared_database_needs_a_shared_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="CLASSIFR_ACCOUNTS__TOKEN_SECRET is not set"):
        token_secret(settings(tmp_path, database_url="postgresql://x/y"))
    assert list(tmp_path.iterdir()) == []
