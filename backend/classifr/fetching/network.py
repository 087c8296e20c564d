"""The network as a fetch sees it: names are resolved once, and only checked addresses reached."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address

import httpcore
import structlog

from classifr.errors import ImageAddressRefused
from classifr.fetching.addresses import WEB_PORTS, Address, AllowedHosts, is_public

logger = structlog.get_logger()

#: The addresses of a host; none if there is no such host.
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

#: Given to each of a host's addresses but the last, before the next one is tried.
_CONNECT_SECONDS = 3.0


class Resolver:
    """The system's resolver in threads of its own: slow names hold up nothing but fetches."""

    def __init__(self, *, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """The addresses of a host, in the order to try them; none if there is no such host."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _look_up, host, port)

    def close(self) -> None:
        """Give back the threads, without waiting for names that are being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that it checked, so that a name cannot change in between.

    TLS still names and verifies the host: that is above this level.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        resolve: Resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of the host that answers.

        Raises: ImageAddressRefused, httpcore.ConnectError, httpcore.ConnectTimeout.
        """
        *others, last = await self._checked_addresses(host, port)
        for address in others:
            try:
                return await self._network.connect_tcp(str(address), port, _CONNECT_SECONDS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(str(last), port, timeout)

    async def _checked_addresses(self, host: str, port: int) -> Sequence[Address]:
        """Every address of the host. A single one that is not allowed refuses them all."""
        is_allowed = self._allowed.name(host, port)
        addresses = await self._resolve(host, port)
        if not addresses:
            raise ImageAddressRefused
        for address in addresses:
            is_on_the_web = port in WEB_PORTS and is_public(address)
            if not (is_allowed or is_on_the_web or self._allowed.address(address, port)):
                # The one who asked is not told whether there is such a host; the admin may know.
                logger.warning(
                    "private_address_refused",
                    host=host,
                    port=port,
                    setting="CLASSIFR_FETCH__ALLOWED_HOSTS",
                )
                raise ImageAddressRefused
        return addresses


def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # ValueError: too long for a name.
        return []
    addresses = []
    for family, _, _, _, place in found:
        if family in {socket.AF_INET, socket.AF_INET6}:
            addresses.append(ip_address(str(place[0])))
    return [_scopeless(address) for address in dict.fromkeys(addresses)]


def _scopeless(address: Address) -> Address:
    """Without its network card, which only link-local addresses name."""
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address
