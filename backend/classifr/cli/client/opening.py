"""Where a command's client leads: to a server, or to the application in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from classifr import __version__
from classifr.cli.client.api import ApiClient
from classifr.cli.commands.options import Place
from classifr.cli.failures import AskedWrongly
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import busy
from classifr.settings import Settings

T = TypeVar("T")

#: A request may hold sixty photos, and its answer waits until all of them are read.
_TIMEOUT = httpx.Timeout(300, connect=10)
_CONNECTIONS = httpx.Limits(max_connections=32, max_keepalive_connections=32)


def with_client(place: Place, work: Callable[[ApiClient], Awaitable[T]]) -> T:
    """What `work` gives, with a client that is open meanwhile."""

    async def run() -> T:
        async with open_client(place) as client:
            return await work(client)

    return asyncio.run(run())


@asynccontextmanager
async def open_client(place: Place) -> AsyncIterator[ApiClient]:
    """A client of the server that is named, else of this machine's own installation.

    Raises: CommandError, SetupError.
    """
    settings = quiet_settings(verbose=place.verbose)
    url = place.api_url or settings.api_url
    if url is None:
        if place.api_key is not None:
            raise AskedWrongly(
                "--api-key says nothing without --api-url.", hint="Give the address too."
            )
        async with _local(settings) as client:
            yield client
        return
    async with _remote(url, _key(place, settings)) as client:
        yield client


@asynccontextmanager
async def _local(settings: Settings) -> AsyncIterator[ApiClient]:
    # Only this needs the whole application.
    from classifr.cli.client.local import open_local  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        with busy("Opening the data folder"):
            client = await stack.enter_async_context(open_local(settings))
        yield client


@asynccontextmanager
async def _remote(url: str, key: str) -> AsyncIterator[ApiClient]:
    where = url.rstrip("/")
    async with httpx.AsyncClient(
        base_url=f"{where}/",
        headers={"Authorization": f"Bearer {key}", "User-Agent": f"classifr/{__version__}"},
        timeout=_TIMEOUT,
        limits=_CONNECTIONS,
        # A key is for this address alone.
        follow_redirects=False,
    ) as http:
        yield ApiClient(http, where=where)


def _key(place: Place, settings: Settings) -> str:
    url, key = place.api_url or settings.api_url or "", place.api_key
    if key is None and settings.api_key is not None:
        key = settings.api_key.get_secret_value()
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise AskedWrongly(
            f"{url!r} is no address of a server.", hint="It begins with http:// or https://."
        )
    if not key:
        raise AskedWrongly(
            f"There is no API key for {url}.",
            hint="Set CLASSIFR_API_KEY; classifr key create NAME --scope train makes one there.",
        )
    if not (key.isascii() and key.isprintable()):
        raise AskedWrongly("The API key holds characters that no key has.", hint="Copy it again.")
    return key
