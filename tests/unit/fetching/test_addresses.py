"""Which network addresses are reached: public ones, and those that an admin allowed."""

import random
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from classifr.errors import SettingsInvalid
from classifr.fetching.addresses import AllowedHosts, is_public

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.255.255", "172.32.0.0", "192.167.255.255"]
PUBLIC += ["2606:4700::1111", "2a00:1450:4007::200e", "64:ff9b::808:808", "2002:808:808::1"]
PUBLIC += ["::ffff:8.8.8.8"]

CLOSED = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%2"],
    "site-local": ["fec0::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
    "more metadata": ["192.0.0.192", "169.254.170.2"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "broadcast and reserved": ["255.255.255.255", "240.0.0.1", "4000::1", "100::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "relays": ["192.88.99.1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "IPv4-compatible": ["::127.0.0.1", "::8.8.8.8"],
    "IPv4-translated": ["::ffff:0:127.0.0.1"],
    "6to4": ["2002:7f00:1::1", "2002:a00:1::", "2002:a9fe:a9fe::1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808"],
    "Teredo": ["2001:0:808:808::1"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_reached(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("kind", CLOSED)
def test_other_address_is_not_reached(kind: str) -> None:
    for address in CLOSED[kind]:
        assert not is_public(ip_address(address)), address


def test_nothing_is_public_that_the_standard_library_knows_to_be_special() -> None:
    numbers = random.Random(4)
    for _ in range(20_000):
        v4 = IPv4Address(numbers.getrandbits(32))
        assert not is_public(v4) or (v4.is_global and not v4.is_multicast), v4
        v6 = IPv6Address(numbers.getrandbits(128))
        assert not is_public(v6) or (v6.is_global and not v6.is_multicast), v6


def test_name_is_allowed_as_it_is_written() -> None:
    allowed = AllowedHosts("photos.intranet, Müller.example ,other:9000")
    assert allowed.name("photos.intranet", 80)
    assert allowed.name("PHOTOS.intranet.", 12345)
    assert allowed.name("xn--mller-kva.example", 80)
    assert allowed.name("other", 9000)
    assert not allowed.name("other", 9001)
    assert not allowed.name("photos.intranet.evil.example", 80)
    assert not allowed.name("intranet", 80)
    assert not allowed.address(ip_address("127.0.0.1"), 80)


def test_address_is_allowed_with_its_port() -> None:
    allowed = AllowedHosts("127.0.0.1:9000,[::1]:9000,10.1.0.0/16,192.168.0.7,fd00::/8")
    assert allowed.address(ip_address("127.0.0.1"), 9000)
    assert allowed.address(ip_address("::ffff:127.0.0.1"), 9000)
    assert allowed.address(ip_address("::1"), 9000)
    assert allowed.address(ip_address("10.1.255.1"), 1)
    assert allowed.address(ip_address("192.168.0.7"), 1)
    assert allowed.address(ip_address("fd00::7"), 1)
    for address, port in [("127.0.0.1", 9001), ("127.0.0.2", 9000), ("::1", 80), ("10.2.0.1", 1)]:
        assert not allowed.address(ip_address(address), port), address


def test_nothing_is_allowed_unless_it_is_said() -> None:
    for nothing in ("", " ", ",", " , "):
        assert not AllowedHosts(nothing).name("", 80)
        assert not AllowedHosts(nothing).address(ip_address("127.0.0.1"), 80)


MEANINGLESS = ["http://host", "host/path", "user@host", "host:port", "host:99999", "*.host"]
MEANINGLESS += ["10.0.0.1/8", ":80", "a b", "[::1", "host?x", "host#x", "fe80::1%eth0:80"]
MEANINGLESS += ["a" * 70 + ".example", "[10.0.0.0/8]"]


@pytest.mark.parametrize("entry", MEANINGLESS)
def test_entry_that_means_nothing_stops_the_start(entry: str) -> None:
    with pytest.raises(SettingsInvalid, match="CLASSIFR_FETCH__ALLOWED_HOSTS"):
        AllowedHosts(f"good.example,{entry}")
