"""A small web server that answers exactly what a test says, and remembers what it was asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Web:
    """A running server."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    """The head of every request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/pizza.jpg"

    def header(self, name: str) -> str | None:
        """What the last request said in a header."""
        for line in self.requests[-1].decode().split("\r\n")[1:]:
            if line.lower().startswith(f"{name.lower()}:"):
                return line.partition(":")[2].strip()
        return None


def ok(body: bytes, *headers: str) -> bytes:
    """A complete answer with a body."""
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def serve(
    answer: Answer, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Web]:
    """Answer every request the same; `answer` may also write it by itself."""
    web = Web()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            web.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, host, 0, ssl=tls)
    try:
        web.port = server.sockets[0].getsockname()[1]
        yield web
    finally:
        server.close()
