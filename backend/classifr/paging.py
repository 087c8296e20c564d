"""Row ids in addresses, and cursors of keyset pages: a page's last place, opaque to callers."""

import base64
from typing import Annotated

from pydantic import Field

from classifr.errors import CursorInvalid

MAX_ROW_ID = 2**31 - 1

RowId = Annotated[int, Field(ge=1, le=MAX_ROW_ID)]


def encode_cursor(*place: int) -> str:
    """The cursor of the page after the row at `place`: its id, behind what the list sorts by."""
    text = ".".join(str(number) for number in place)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, numbers: int) -> list[int]:
    """The place in a cursor of so many numbers, the last of them an id.

    Raises: CursorInvalid.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        place = [int(number) for number in text.split(".")]
    except ValueError as error:
        raise CursorInvalid from error
    if len(place) != numbers or not 1 <= place[-1] <= MAX_ROW_ID:
        raise CursorInvalid
    return place
