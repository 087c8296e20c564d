"""Fetching an image by its address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore
import httpx

from classifr.errors import (
    ImageAddressRefused,
    ImageAddressUnreachable,
    ImageTooLarge,
    Overloaded,
)
from classifr.fetching.addresses import AllowedHosts
from classifr.fetching.network import CheckedNetwork, Resolve, Resolver
from classifr.settings import FetchSettings

#: How many fetches' time one waits for its turn, before it is given up.
_TURNS = 3


class ImageFetcher:
    """Fetches images from the web, a bounded number at a time; a process has one.

    Redirects are not followed, proxies and cookies not used, and nothing of ours is sent along.
    Addresses that are not public are refused unless the settings allow them; see docs/settings.md.
    """

    def __init__(self, settings: FetchSettings, *, resolve: Resolve | None = None) -> None:
        """Take the settings; `resolve` stands in for the system's resolver.

        Raises: SettingsInvalid.
        """
        self._settings = settings
        self._resolver = Resolver(threads=settings.connections)
        self._network = CheckedNetwork(
            AllowedHosts(settings.allowed_hosts), resolve or self._resolver
        )
        self._tls = httpx.create_ssl_context()
        self._turns = asyncio.Semaphore(settings.connections)

    async def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """What lies at a web address, as it was sent; whether it is an image is not looked at.

        Raises: ImageAddressRefused, ImageAddressUnreachable, ImageTooLarge, Overloaded.
        """
        address = self._parse(url)
        async with self._turn():
            try:
                async with asyncio.timeout(self._settings.timeout_seconds):
                    return await self._get(address, max_bytes)
            except (TimeoutError, OSError, httpcore.TimeoutException) as error:
                raise ImageAddressUnreachable from error
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise ImageAddressUnreachable from error

    async def close(self) -> None:
        """Give back the threads that look names up."""
        self._resolver.close()

    def _parse(self, url: str) -> httpx.URL:
        if not self._settings.enabled:
            raise ImageAddressRefused(
                "This server fetches no images from addresses. Send the image itself."
            )
        try:
            address = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as error:  # ValueError: half a character.
            raise ImageAddressRefused("This is not a web address.") from error
        if address.scheme not in {"http", "https"} or not address.raw_host:
            raise ImageAddressRefused("An address begins with http:// or https:// and a host.")
        if address.userinfo:
            raise ImageAddressRefused("An address may not hold a username or password.")
        if address.port is not None and not 0 < address.port < 65536:
            raise ImageAddressRefused("The port of the address is not a number from 1 to 65535.")
        return address

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Hold one of the connections. Raises: Overloaded."""
        try:
            async with asyncio.timeout(_TURNS * self._settings.timeout_seconds):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Overloaded from error
        try:
            yield
        finally:
            self._turns.release()

    async def _get(self, address: httpx.URL, max_bytes: int) -> bytes:
        # A pool for this fetch alone: a connection is never used again, hence always checked.
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, max_connections=1, network_backend=self._network
            ) as pool,
            pool.stream("GET", _target(address), headers=_headers(address)) as response,
        ):
            _check(response, max_bytes)
            data = bytearray()
            async for chunk in response.aiter_stream():
                data += chunk
                if len(data) > max_bytes:
                    raise _too_large(max_bytes)
            return bytes(data)


def _target(address: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=address.raw_scheme,
        host=address.raw_host,
        port=address.port,
        target=address.raw_path,
    )


def _headers(address: httpx.URL) -> list[tuple[bytes | str, bytes | str]]:
    return [
        (b"Host", address.netloc),
        (b"User-Agent", b"Classifr"),
        (b"Accept", b"image/*, */*;q=0.5"),
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
    ]


def _check(response: httpcore.Response, max_bytes: int) -> None:
    """Refuse an answer by its head. Raises: ImageAddressUnreachable, ImageTooLarge."""
    if 300 <= response.status < 400:
        raise ImageAddressUnreachable(
            "The server at this address points to another address, which is not followed. "
            "Give the address of the image itself."
        )
    if response.status != 200:
        raise ImageAddressUnreachable(
            f"The server at this address answers {response.status} instead of an image."
        )
    headers = {name.lower(): value.strip().lower() for name, value in response.headers}
    if headers.get(b"content-encoding", b"identity") not in {b"identity", b""}:
        raise ImageAddressUnreachable(
            "The server at this address sends the image compressed, although it was asked not to."
        )
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"The image at this address is larger than {max_bytes:,} bytes, the most accepted."
    )
