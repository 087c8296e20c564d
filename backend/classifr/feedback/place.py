"""Where a page of wrong predictions ends: the list is sorted by time, then by id."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from classifr.errors import CursorInvalid
from classifr.paging import decode_cursor, encode_cursor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """A row's place in the list."""

    created_at: datetime
    id: int

    def to_cursor(self) -> str:
        """The cursor of the page after this row."""
        return encode_cursor((self.created_at - _EPOCH) // _MICROSECOND, self.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> "Place":
        """The place in a cursor. Raises: CursorInvalid."""
        microseconds, row_id = decode_cursor(cursor, numbers=2)
        try:
            return cls(_EPOCH + microseconds * _MICROSECOND, row_id)
        except OverflowError as error:
            raise CursorInvalid from error
