"""Row ids in addresses, and cursors of keyset pages: a page's last id, opaque to callers."""

import base64
from typing import Annotated

from pydantic import Field

from classifr.errors import CursorInvalid

MAX_ROW_ID = 2**31 - 1

RowId = Annotated[int, Field(ge=1, le=MAX_ROW_ID)]


def encode_cursor(last_id: int) -> str:
    """The cursor of the page after the row with this id."""
    return base64.urlsafe_b64encode(f"id:{last_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int | None:
    """The id in a cursor, None for the first page. Raises: CursorInvalid."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, last_id = base64.urlsafe_b64decode(padded).decode().split(":")
        if kind != "id" or not 1 <= int(last_id) <= MAX_ROW_ID:
            raise ValueError(cursor)
        return int(last_id)
    except ValueError as error:
        raise CursorInvalid from error
