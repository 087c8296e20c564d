"""JSON whose long texts are taken out while it arrives, so that what is left is small.

Parsers hold each text whole, at least twice, and most go over it again with every chunk. A batch
of images is little else than long texts; without them, it is parsed at its end like any other.
"""

import json
import re
import secrets
from collections.abc import Callable
from typing import Protocol

from classifr.errors import BadRequest, TooManyImages

#: Texts with more bytes than this are long.
LONG = 4096

_MOST_REST_BYTES = 1024 * 1024
# Up to a quotation mark that ends the text, or to a backslash whose second half is yet to come.
_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


class LongText(Protocol):
    """Takes one long text as it arrives, as it is written: escapes are left in it."""

    def write(self, text: bytes) -> None:
        """Its next bytes."""

    def close(self) -> None:
        """It has ended."""


class JsonTexts:
    """Reads one JSON value, fed chunk by chunk."""

    def __init__(self, begin: Callable[[], LongText], *, at_most: int) -> None:
        """begin: is called for each long text; at_most: how many there may be."""
        self._begin = begin
        self._at_most = at_most
        # What stands for a long text in the rest; nobody can know it beforehand.
        self._mark = secrets.token_hex(16)
        self._rest = bytearray()
        self._is_inside = False
        self._ends_in_backslash = False
        self._short = bytearray()
        self._long: LongText | None = None
        self._count = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises: BadRequest, TooManyImages, and what `begin` gives."""
        place = 0
        while place < len(chunk):
            place = self._inside(chunk, place) if self._is_inside else self._outside(chunk, place)

    def finish(self) -> object:
        """The value, with `number` telling long texts apart from others. Raises: BadRequest."""
        if self._is_inside:
            raise _broken()
        try:
            return json.loads(self._rest.decode("utf-8-sig"), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise _broken() from error

    def number(self, text: str) -> int | None:
        """Which of the long texts this stands for, from 0; None if it is a text itself."""
        return int(text[len(self._mark) :]) if text.startswith(self._mark) else None

    def _outside(self, chunk: bytes, place: int) -> int:
        quote = chunk.find(b'"', place)
        end = len(chunk) if quote < 0 else quote
        self._keep(chunk[place:end])
        self._is_inside = quote >= 0
        return end + 1

    def _inside(self, chunk: bytes, place: int) -> int:
        end = self._end_of_text(chunk, place)
        self._take(chunk[place:end])
        if end < len(chunk):
            self._close()
        return end + 1

    def _end_of_text(self, chunk: bytes, place: int) -> int:
        """Where the quotation mark is that ends the text; the chunk's end if it is not there."""
        start = place + self._ends_in_backslash
        self._ends_in_backslash = False
        end = chunk.find(b'"', start)
        end = len(chunk) if end < 0 else end
        if chunk.find(b"\\", start, end) < 0:
            return end
        match = _TEXT.match(chunk, start)
        end = match.end() if match else start
        if chunk[end : end + 1] == b"\\":
            self._ends_in_backslash = True
            return len(chunk)
        return end

    def _take(self, text: bytes) -> None:
        if self._long is not None:
            self._long.write(text)
            return
        self._short += text
        if len(self._short) > LONG:
            if self._count == self._at_most:
                raise TooManyImages(f"There are more than {self._at_most} images in the batch.")
            self._count += 1
            self._long = self._begin()
            self._long.write(bytes(self._short))

    def _close(self) -> None:
        if self._long is None:
            self._keep(b'"' + self._short + b'"')
        else:
            self._long.close()
            self._keep(f'"{self._mark}{self._count - 1}"'.encode())
        self._short.clear()
        self._long = None
        self._is_inside = False

    def _keep(self, text: bytes) -> None:
        self._rest += text
        if len(self._rest) > _MOST_REST_BYTES:
            raise BadRequest("The body has too much beside its images. Send fewer at a time.")


def _broken() -> BadRequest:
    return BadRequest("The body is not JSON in UTF-8, or it is incomplete. Send it again.")


def _refuse(name: str) -> object:
    raise ValueError(name)
