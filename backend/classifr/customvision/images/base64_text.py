"""Base64 decoded while it arrives."""

import binascii
import re

from classifr.customvision.images.spool import Piece, Spool

# What JSON may write in base64's place: some writers escape the slash, some the plus.
_ESCAPE = re.compile(rb"\\(?:/|u002[bBfF]|u003[dD]|[rnt])")
_ESCAPED = {b"/": b"/", b"b": b"+", b"f": b"/", b"d": b"="}
_UNFINISHED_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class Base64Text:
    """Decodes one text into a spool, as far as an image may be large."""

    def __init__(self, spool: Spool, *, max_bytes: int) -> None:
        self._spool = spool
        self._max_bytes = max_bytes
        self._start = spool.end
        self._carry = b""
        self._is_padded = False
        self.is_valid = True
        self.size = 0  #: In bytes, of what was decoded, kept or not.

    @property
    def piece(self) -> Piece | None:
        """The image; None if it is too large, or no base64."""
        if not self.is_valid or self.size > self._max_bytes:
            return None
        return Piece(self._start, self.size)

    def write(self, text: bytes) -> None:
        """Decode the next part. Raises: StorageFull, StorageUnavailable."""
        if not self.is_valid:
            return
        text = self._carry + text
        unfinished = b""
        if b"\\" in text:
            if match := _UNFINISHED_ESCAPE.search(text, max(0, len(text) - 5)):
                text, unfinished = text[: match.start()], match[0]
            text = _ESCAPE.sub(_unescape, text)
        whole = len(text) - len(text) % 4
        self._decode(text[:whole])
        self._carry = text[whole:] + unfinished

    def close(self) -> None:
        """Decode what is left. Raises: StorageFull, StorageUnavailable."""
        if self._carry and self.is_valid:
            # Some writers leave the padding out.
            self._decode(self._carry.ljust(4, b"="))

    def _decode(self, text: bytes) -> None:
        if not text:
            return
        try:
            data = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            self.is_valid = False
            return
        self.is_valid = not self._is_padded
        self._is_padded = text.endswith(b"=")
        self.size += len(data)
        if self.is_valid and self.size <= self._max_bytes:
            self._spool.write(data)


def _unescape(match: re.Match[bytes]) -> bytes:
    # Line ends and tabs are no part of the data.
    return _ESCAPED.get(match[0][-1:].lower(), b"")
