"""Which addresses count as one."""

import pytest

from classifr.accounts.throttle import _address_key


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "testclient", True),
    ],
)
def test_addresses_of_one_customer_share_a_count(one: str, other: str, is_same: bool) -> None:
    assert (_address_key(one) == _address_key(other)) is is_same
