"""uvicorn's HTTP protocol, with an end to headers and to waiting."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64 * 1024
#: What a whole request may take to arrive: 4 MB at 280 kbit/s.
REQUEST_SECONDS = 120

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"error":"headers_too_large","detail":"The request\'s headers are too large."}'
)


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose headers have no end, or whose request never comes to one.

    httptools itself limits neither, and takes quadratic time for one long header.
    """

    _header_bytes: int | None = None  # None: no headers are being read.
    _deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        super().data_received(data)
        if self._header_bytes is None:
            return
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._header_bytes = 0
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.close)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._header_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._cancel_deadline()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
