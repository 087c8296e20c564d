"""A client that costs next to nothing: requests are made ahead, answers are only counted."""

import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

_BOUNDARY = b"----benchmark-boundary"
_TIMEOUT_SECONDS = 60
_BUFFER_BYTES = 1 << 20


class UnexpectedAnswer(Exception):
    """The server answered something other than 200 or 201."""


def predict_request(token: str, photo: bytes, *, query: str = "") -> bytes:
    """A whole POST /predict with this photo."""
    body = (
        b"--" + _BOUNDARY + b"\r\n"
        b'Content-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n--" + _BOUNDARY + b"--\r\n"
    )
    content_type = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    return _request("POST", f"/predict{query}", token, body, content_type)


def images_request(token: str, path: str, photos: Sequence[bytes]) -> bytes:
    """A whole POST of a form with these photos in its field `images`."""
    parts = [
        b"--" + _BOUNDARY + b"\r\n"
        b'Content-Disposition: form-data; name="images"; filename="%d.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n%s\r\n" % (number, photo)
        for number, photo in enumerate(photos)
    ]
    body = b"".join([*parts, b"--" + _BOUNDARY + b"--\r\n"])
    content_type = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    return _request("POST", path, token, body, content_type)


def json_request(path: str, value: object, token: str | None = None, **headers: str) -> bytes:
    """A whole POST of JSON. headers: with underscores in the place of hyphens."""
    body = json.dumps(value).encode()
    return _request("POST", path, token, body, "application/json", headers)


def get_request(path: str, token: str | None = None) -> bytes:
    """A whole GET."""
    return _request("GET", path, token, b"", None)


def sign_in(port: int, username: str, password: str) -> str:
    """A bearer token."""
    form = urlencode({"username": username, "password": password}).encode()
    request = _request("POST", "/auth/token", None, form, "application/x-www-form-urlencoded")
    with Client(port) as client:
        return str(client.json(request)["access_token"])


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(_BUFFER_BYTES)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def local_port(self) -> int:
        """Our end of the connection."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, request: bytes) -> memoryview:
        """The body of the answer, valid until the next call. Raises: UnexpectedAnswer."""
        self._socket.sendall(request)
        view = memoryview(self._buffer)
        received = 0
        body_start = end = -1
        while body_start < 0 or received < end:
            count = self._socket.recv_into(view[received:])
            if count == 0:
                raise UnexpectedAnswer("the server closed the connection")
            received += count
            if body_start < 0 and (found := self._buffer.find(b"\r\n\r\n", 0, received)) >= 0:
                body_start = found + 4
                end = body_start + _content_length(bytes(self._buffer[:found]))
        if not self._buffer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise UnexpectedAnswer(bytes(view[:received])[:2000].decode(errors="replace"))
        return view[body_start:end]

    def timed(self, request: bytes) -> float:
        """Seconds from the first byte sent to the last byte received."""
        started = time.perf_counter()
        self.send(request)
        return time.perf_counter() - started

    def json(self, request: bytes) -> Any:
        """The answer, parsed."""
        return json.loads(bytes(self.send(request)))


def saturate(
    clients: Sequence[Client], requests: Sequence[bytes], *, seconds: float, warm_up: float = 0.5
) -> float:
    """Answers per second while every client sends one request after another.

    Only answers that come within the `seconds` after the warm-up count, so that neither the
    start nor the end, when not all are busy, is in the number.
    """
    begins = time.perf_counter() + warm_up
    ends = begins + seconds
    counts = [0] * len(clients)
    errors: list[Exception] = []

    def work(number: int) -> None:
        step = number * len(requests) // len(clients)
        try:
            while time.perf_counter() < ends:
                clients[number].send(requests[step % len(requests)])
                step += 1
                counts[number] += begins <= time.perf_counter() < ends
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(counts) / seconds


def send_all(clients: Sequence[Client], requests: Sequence[bytes]) -> None:
    """Send every request once, `len(clients)` at a time."""
    waiting = iter(requests)
    lock = threading.Lock()
    errors: list[Exception] = []

    def work(client: Client) -> None:
        try:
            while True:
                with lock:
                    request = next(waiting, None)
                if request is None:
                    return
                client.send(request)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def send_all_seconds(port: int, requests: Sequence[bytes]) -> float:
    """How long these take over one connection, one after the other."""
    # A new one, because the server closes those that were idle for long.
    with Client(port) as client:
        return sum(client.timed(request) for request in requests)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise UnexpectedAnswer("an answer without Content-Length")


def _request(
    method: str,
    path: str,
    token: str | None,
    body: bytes,
    content_type: str | None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
