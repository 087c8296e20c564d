"""Which network addresses an image may be fetched from."""

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from classifr.errors import SettingsInvalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: The ports of web servers. Others are reached on allowed hosts only, because a fetch could
#: otherwise be turned against mail servers and the like, or look for open ports.
WEB_PORTS = frozenset({80, 443, 8080, 8443})

#: Everything that is not a machine somewhere on the internet.
#: Source: the IANA IPv4 and IPv6 special-purpose address registries.
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a provider's NAT, and Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services for a virtual machine
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
#: Of IPv6 only this is given to machines on the internet: neither ::1, fc00::/7 nor ff00::/8.
_GLOBAL_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether it is one machine on the internet, rather than something private or special.

    An IPv6 address that only wraps an IPv4 address is judged by that one.
    """
    if isinstance(address, IPv6Address):
        wrapped = wrapped_v4(address)
        if wrapped is None:
            return address in _GLOBAL_V6 and not any(address in closed for closed in _CLOSED_V6)
        address = wrapped
    return not any(address in closed for closed in _CLOSED_V4)


def wrapped_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end up at: IPv4-mapped, 6to4 or NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR:
        return IPv4Address(address.packed[2:6])
    if address in _NAT64:
        return IPv4Address(address.packed[12:])
    return None


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host that an admin lets images be fetched from, wherever it is."""

    host: str | None  #: A name as written in addresses of images, or None.
    network: Network | None  #: A network that the host's address lies in, or None.
    port: int | None  #: The only port, or None for every port.

    def allows_name(self, host: str, port: int) -> bool:
        """Whether this name may be reached, whatever it resolves to."""
        return self.host == plain_host(host) and self.port in {None, port}

    def allows_address(self, address: Address, port: int) -> bool:
        """Whether this network address may be reached."""
        if self.network is None or self.port not in {None, port}:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            return address.ipv4_mapped in self.network or address in self.network
        return address in self.network


class AllowedHosts:
    """Every host that an admin allowed."""

    def __init__(self, hosts: str) -> None:
        """Take the entries of the setting apart, by comma. Raises: SettingsInvalid."""
        self._hosts = [_parse(entry.strip()) for entry in hosts.split(",") if entry.strip()]

    def name(self, host: str, port: int) -> bool:
        """Whether a name may be reached, whatever it resolves to."""
        return any(allowed.allows_name(host, port) for allowed in self._hosts)

    def address(self, address: Address, port: int) -> bool:
        """Whether a network address may be reached although it is private."""
        return any(allowed.allows_address(address, port) for allowed in self._hosts)


def plain_host(host: str) -> str:
    """A host's name in the one form that names are compared in."""
    return host.lower().removesuffix(".")


def _parse(entry: str) -> AllowedHost:
    try:
        return _parse_network(entry) or _parse_host(entry)
    except ValueError as error:
        raise SettingsInvalid(
            f"CLASSIFR_FETCH__ALLOWED_HOSTS holds `{entry}`, which is neither a host name, nor "
            "host:port, nor a network such as 10.0.0.0/8 (whose last bits are zero)."
        ) from error


def _parse_network(entry: str) -> AllowedHost | None:
    try:
        return None if "%" in entry else AllowedHost(None, ip_network(entry), None)
    except ValueError:
        return None


def _parse_host(entry: str) -> AllowedHost:
    """A name or an address, maybe with a port; IPv6 addresses with one are in brackets.

    Raises: ValueError.
    """
    parts = urlsplit(f"//{entry}")
    host, port = parts.hostname, parts.port
    if not host or parts.path or parts.query or parts.fragment or set(entry) & set(" *%@"):
        raise ValueError(entry)
    try:
        return AllowedHost(None, ip_network(ip_address(host)), port)
    except ValueError:
        return AllowedHost(plain_host(host.encode("idna").decode()), None, port)
