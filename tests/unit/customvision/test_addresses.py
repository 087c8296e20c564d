"""Signed addresses of files."""

from datetime import UTC, datetime, timedelta

from classifr.customvision.addresses import FileAddresses

ORIGIN = "http://classifr.test"


def test_an_address_stays_the_same_for_an_hour() -> None:
    maker = FileAddresses(ORIGIN, b"k" * 32)
    begun = datetime(2026, 1, 1, 12, tzinfo=UTC)
    first, later, next_hour = (
        maker.sign("a b", now=begun + timedelta(minutes=minutes)) for minutes in (0, 59, 60)
    )
    assert first == later != next_hour
    assert first.startswith(f"{ORIGIN}/customvision/files/a%20b?se=")
