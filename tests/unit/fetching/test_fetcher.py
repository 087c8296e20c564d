"""Images are fetched over real sockets, and nothing is reached that should not be."""

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import CapturingLogger
from tests.unit.fetching.web import ok, serve

from classifr.errors import (
    ImageAddressRefused,
    ImageAddressUnreachable,
    ImageTooLarge,
    Overloaded,
    SettingsInvalid,
)
from classifr.fetching import network
from classifr.fetching.addresses import AllowedHosts
from classifr.fetching.fetcher import ImageFetcher
from classifr.fetching.network import CheckedNetwork, Resolve, Resolver
from classifr.settings import FetchSettings

IMAGE = b"\xff\xd8 not quite an image"
LOCAL = "127.0.0.1,::1"
PUBLIC = "93.184.215.14"


@asynccontextmanager
async def opened(
    allowed: str = "", *, resolve: Resolve | None = None, **settings: object
) -> AsyncIterator[ImageFetcher]:
    fetcher = ImageFetcher(FetchSettings(allowed_hosts=allowed, **settings), resolve=resolve)
    try:
        yield fetcher
    finally:
        await fetcher.close()


def answering(*answers: str | Sequence[str]) -> Resolve:
    """A resolver that gives each answer once, and the last from then on."""
    left = [[answer] if isinstance(answer, str) else list(answer) for answer in answers]

    async def resolve(host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [ip_address(address) for address in found]

    return resolve


async def fetched(answer: bytes, allowed: str = LOCAL, *, max_bytes: int = 1000) -> bytes:
    async with serve(answer) as web, opened(allowed) as fetcher:
        return await fetcher.fetch(web.url, max_bytes=max_bytes)


async def test_image_is_fetched_from_an_allowed_address() -> None:
    assert await fetched(ok(IMAGE)) == IMAGE


async def test_chunked_image_is_fetched() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert await fetched(chunked) == b"abcde"


async def test_image_that_ends_with_the_connection_is_fetched() -> None:
    assert await fetched(b"HTTP/1.0 200 OK\r\n\r\n" + IMAGE) == IMAGE


async def test_server_is_told_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSIFR_API_KEY", "hush-hush")
    answer = ok(IMAGE, "Set-Cookie: crumb=1; Path=/")
    async with serve(answer) as web, opened(LOCAL) as fetcher:
        for _ in range(2):
            await fetcher.fetch(f"{web.url}?size=large#part", max_bytes=100)
        head = web.requests[-1].decode().lower()
        assert head.startswith("get /pizza.jpg?size=large http/1.1")
        assert web.header("Host") == f"127.0.0.1:{web.port}"
        assert web.header("Accept-Encoding") == "identity"
        names = {line.partition(":")[0] for line in head.strip().split("\r\n")[1:]}
        assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    async with serve(ok(b"from the proxy")) as trap:
        monkeypatch.setenv(proxy, f"http://127.0.0.1:{trap.port}")
        assert await fetched(ok(IMAGE)) == IMAGE
        assert trap.requests == []


# What is refused


def forms_of_here(port: int) -> list[str]:
    """This machine, written in ways that a naive check lets pass."""
    hosts = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "2130706433", "0"]
    hosts += ["0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "017700000001", "0.0.0.0", "127.0.0.1."]
    hosts += ["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"]
    hosts += ["[2002:7f00:1::]", "[64:ff9b::127.0.0.1]", "[::127.0.0.1]", "[::1%25lo]"]
    hosts += ["public.example\\@127.0.0.1", "public.example@127.0.0.1", "127。0。0。1"]
    return [f"http://{host}:{port}/pizza.jpg" for host in hosts]


async def test_this_machine_is_refused_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(ok(IMAGE)) as web, opened() as fetcher:
        # As if the server had an ordinary port, which a test may not have.
        monkeypatch.setattr("classifr.fetching.network.WEB_PORTS", frozenset({web.port}))
        for url in forms_of_here(web.port):
            with pytest.raises(ImageAddressRefused):
                await fetcher.fetch(url, max_bytes=1000)
        assert web.requests == []


async def test_allow_list_is_what_lets_this_machine_be_reached() -> None:
    async with serve(ok(IMAGE)) as web:
        for allowed in ("127.0.0.1", f"127.0.0.1:{web.port}", "127.0.0.0/8"):
            async with opened(allowed) as fetcher:
                assert await fetcher.fetch(web.url, max_bytes=1000) == IMAGE
        async with opened(f"127.0.0.1:{web.port + 1}") as fetcher:
            with pytest.raises(ImageAddressRefused):
                await fetcher.fetch(web.url, max_bytes=1000)
        async with opened(f"localhost:{web.port}") as fetcher:
            url = web.url.replace("127.0.0.1", "localhost")
            assert await fetcher.fetch(url, max_bytes=1000) == IMAGE
            with pytest.raises(ImageAddressRefused):
                await fetcher.fetch(web.url, max_bytes=1000)


async def test_refusal_is_the_same_for_private_and_for_unknown_names() -> None:
    details = set()
    for addresses in ([], ["10.0.0.1"], ["169.254.169.254"], ["::1"], [PUBLIC, "10.0.0.1"]):
        async with opened(resolve=answering(addresses)) as fetcher:
            with pytest.raises(ImageAddressRefused) as refused:
                await fetcher.fetch("http://name.example/", max_bytes=1)
            details.add(refused.value.detail)
    assert details == {ImageAddressRefused.message}


@pytest.mark.parametrize("port", [1, 22, 25, 5432, 6379, 8081, 65535])
async def test_port_of_no_web_server_is_refused(port: int) -> None:
    async with opened(resolve=answering(PUBLIC)) as fetcher:
        with pytest.raises(ImageAddressRefused):
            await fetcher.fetch(f"http://public.example:{port}/", max_bytes=1)


NO_WEB_ADDRESSES = ["", "pizza.jpg", "//host/a.jpg", "HTTP//host", "http:///a.jpg", "http://"]
NO_WEB_ADDRESSES += ["file:///etc/passwd", "ftp://host/a.jpg", "gopher://host/", "javascript:1"]
NO_WEB_ADDRESSES += ["data:image/png;base64,AAAA", "https://:443/", "http://host:0/"]
NO_WEB_ADDRESSES += ["http://host:65536/"]
NO_WEB_ADDRESSES += ["http://host:port/", "http://ho\nst/", "http://host/\r\nX: y", "http://[::1/"]
NO_WEB_ADDRESSES += ["http://\0/", "http://" + "a" * 70 + ".example/", "\ud800", "http://\ud800/"]
NO_WEB_ADDRESSES += ["http://host/" + "a" * 70_000, "http://xn--/", "http://xn--a.example/"]


@pytest.mark.parametrize("url", NO_WEB_ADDRESSES)
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    async with opened() as fetcher:
        with pytest.raises(ImageAddressRefused):
            await fetcher.fetch(url, max_bytes=1)


@pytest.mark.parametrize("user", ["user", "user:password", ":password"])
async def test_password_in_an_address_is_refused(user: str) -> None:
    async with serve(ok(IMAGE)) as web, opened(LOCAL) as fetcher:
        with pytest.raises(ImageAddressRefused, match="username or password"):
            await fetcher.fetch(web.url.replace("//", f"//{user}@"), max_bytes=1000)
        assert web.requests == []


async def test_nothing_is_fetched_where_fetching_is_off() -> None:
    async with serve(ok(IMAGE)) as web, opened(LOCAL, enabled=False) as fetcher:
        with pytest.raises(ImageAddressRefused, match="Send the image itself"):
            await fetcher.fetch(web.url, max_bytes=1000)
        assert web.requests == []


async def test_damaged_allow_list_stops_the_start() -> None:
    with pytest.raises(SettingsInvalid):
        ImageFetcher(FetchSettings(allowed_hosts="10.0.0.1/8"))


# Names that change, and names with several addresses


class RecordingNetwork(httpcore.AsyncMockBackend):
    """Connects nowhere, and remembers where it should have."""

    def __init__(self, *, unreachable: Sequence[str] = ()) -> None:
        super().__init__([])
        self.places: list[tuple[str, int]] = []
        self._unreachable = unreachable

    async def connect_tcp(
        self, host: str, port: int, *args: object, **options: object
    ) -> httpcore.AsyncNetworkStream:
        self.places.append((host, port))
        if host in self._unreachable:
            raise httpcore.ConnectError
        return httpcore.AsyncMockStream([])


async def test_connection_goes_to_the_address_that_was_checked() -> None:
    network = RecordingNetwork()
    checked = CheckedNetwork(AllowedHosts(""), answering(PUBLIC, "127.0.0.1"), network)
    await checked.connect_tcp("rebinding.example", 443)
    assert network.places == [(PUBLIC, 443)]
    with pytest.raises(ImageAddressRefused):
        await checked.connect_tcp("rebinding.example", 443)
    assert network.places == [(PUBLIC, 443)]


async def test_name_that_changes_after_the_check_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    inner = answering(PUBLIC, "127.0.0.1")

    async def resolve(host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        asked.append(host)
        return await inner(host, port)

    async with (
        serve(ok(IMAGE)) as web,
        opened(resolve=resolve, timeout_seconds=0.5) as fetcher,
    ):
        monkeypatch.setattr("classifr.fetching.network.WEB_PORTS", frozenset({web.port}))
        url = f"http://rebinding.example:{web.port}/"
        with pytest.raises(ImageAddressUnreachable):
            await fetcher.fetch(url, max_bytes=1000)
        assert asked == ["rebinding.example"]
        with pytest.raises(ImageAddressRefused):
            await fetcher.fetch(url, max_bytes=1000)
        assert web.requests == []


async def test_log_names_the_private_host_and_the_setting_that_opens_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Not `capture_logs`: a logger that has written before keeps what it writes to.
    log = CapturingLogger()
    monkeypatch.setattr(network, "logger", log)
    async with opened(resolve=answering("10.0.0.7")) as fetcher:
        with pytest.raises(ImageAddressRefused):
            await fetcher.fetch("http://images.intranet/secret.jpg?sig=abc", max_bytes=1000)
    (line,) = log.calls
    assert line.method_name == "warning"
    assert line.kwargs["host"] == "images.intranet"
    assert line.kwargs["setting"] == "CLASSIFR_FETCH__ALLOWED_HOSTS"
    assert "sig" not in str(line)


async def test_one_private_address_among_several_refuses_them_all() -> None:
    network = RecordingNetwork()
    for addresses in ([PUBLIC, "127.0.0.1"], ["fd00::1", PUBLIC], [PUBLIC, "::ffff:10.0.0.1"]):
        checked = CheckedNetwork(AllowedHosts(""), answering(addresses), network)
        with pytest.raises(ImageAddressRefused):
            await checked.connect_tcp("mixed.example", 443)
    assert network.places == []


async def test_next_address_is_tried_when_one_does_not_answer() -> None:
    network = RecordingNetwork(unreachable=["2606:4700::1111"])
    resolve = answering(["2606:4700::1111", PUBLIC])
    await CheckedNetwork(AllowedHosts(""), resolve, network).connect_tcp("both.example", 443)
    assert network.places == [("2606:4700::1111", 443), (PUBLIC, 443)]


async def test_resolver_gives_every_address_once() -> None:
    resolver = Resolver(threads=1)
    assert list(await resolver("127.0.0.1", 80)) == [ip_address("127.0.0.1")]
    assert ip_address("127.0.0.1") in await resolver("localhost", 80)
    assert list(await resolver("fe80::1%1", 80)) == [ip_address("fe80::1")]
    assert list(await resolver("no-such-host.invalid", 80)) == []
    assert list(await resolver("a" * 70, 80)) == []
    resolver.close()


# What servers do


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(status: int) -> None:
    async with serve(ok(b"secret")) as inside:
        to = f"HTTP/1.1 {status} Moved\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n"
        with pytest.raises(ImageAddressUnreachable, match="points to another") as told:
            await fetched(to.encode())
        assert str(inside.port) not in told.value.detail
        assert inside.requests == []


@pytest.mark.parametrize("status", [201, 204, 206, 304, 401, 404, 410, 500, 503])
async def test_answer_without_the_image_is_told(status: int) -> None:
    with pytest.raises(ImageAddressUnreachable):
        await fetched(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP"])
async def test_compressed_answer_is_not_unpacked(encoding: str) -> None:
    bomb = gzip.compress(bytes(1_000_000))
    with pytest.raises(ImageAddressUnreachable, match="compressed"):
        await fetched(ok(bomb, f"Content-Encoding: {encoding}"), max_bytes=5000)


async def test_largest_image_is_fetched_and_one_byte_more_is_not() -> None:
    assert len(await fetched(ok(bytes(1000)), max_bytes=1000)) == 1000
    with pytest.raises(ImageTooLarge, match="1,000 bytes"):
        await fetched(ok(bytes(1001)), max_bytes=1000)
    unannounced = b"HTTP/1.1 200 OK\r\n\r\n"
    assert len(await fetched(unannounced + bytes(1000), max_bytes=1000)) == 1000
    with pytest.raises(ImageTooLarge, match="1,000 bytes"):
        await fetched(unannounced + bytes(1001), max_bytes=1000)


async def test_announced_size_is_enough_to_refuse() -> None:
    async def announce(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(60)

    async with serve(announce) as web, opened(LOCAL) as fetcher:
        with pytest.raises(ImageTooLarge):
            await fetcher.fetch(web.url, max_bytes=1000)


async def test_endless_image_is_given_up_at_the_limit() -> None:
    sent = 0

    async def pour(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            sent += 65536
            await writer.drain()

    async with serve(pour) as web, opened(LOCAL) as fetcher:
        with pytest.raises(ImageTooLarge):
            await fetcher.fetch(web.url, max_bytes=100_000)
        assert sent < 20_000_000  # What the buffers of two sockets hold.


async def drip(writer: asyncio.StreamWriter) -> None:
    """Always another byte in time, never an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        writer.write(f"X-{number}: y\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.02)


async def say_nothing(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def promise(writer: asyncio.StreamWriter) -> None:
    """Interim answers without end."""
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("behaviour", [drip, drip_headers, say_nothing, promise])
async def test_slow_server_is_given_up_in_time(
    behaviour: Callable[[asyncio.StreamWriter], object],
) -> None:
    async with serve(behaviour) as web, opened(LOCAL, timeout_seconds=0.3) as fetcher:
        began = time.monotonic()
        with pytest.raises(ImageAddressUnreachable):
            await fetcher.fetch(web.url, max_bytes=1000)
        assert 0.25 < time.monotonic() - began < 3


async def test_slow_name_is_given_up_in_time() -> None:
    async def resolve(host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        await asyncio.sleep(60)
        return []

    async with opened(resolve=resolve, timeout_seconds=0.1) as fetcher:
        with pytest.raises(ImageAddressUnreachable):
            await fetcher.fetch("http://slow.example/", max_bytes=1)


BROKEN = [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n"]
BROKEN += [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"]
BROKEN += [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
BROKEN += [b"HTTP/1.1 200 OK\r\nContent-Length: nan\r\n\r\n", b"HTTP/1.1 101 Switch\r\n\r\n"]
BROKEN += [b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n"]


@pytest.mark.parametrize("answer", BROKEN)
async def test_broken_answer_is_an_error_of_theirs(answer: bytes) -> None:
    with pytest.raises(ImageAddressUnreachable):
        await fetched(answer)


async def test_closed_port_is_told_as_a_slow_one_is() -> None:
    async with serve(ok(IMAGE)) as web:
        pass
    async with opened(LOCAL, timeout_seconds=2) as fetcher:
        with pytest.raises(ImageAddressUnreachable) as told:
            await fetcher.fetch(web.url, max_bytes=1)
    assert told.value.detail == ImageAddressUnreachable.message


async def test_fetches_wait_for_a_turn_but_not_forever() -> None:
    held = asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.write(ok(IMAGE))

    async with (
        serve(hold) as slow,
        serve(ok(IMAGE)) as web,
        opened(LOCAL, connections=2, timeout_seconds=5) as fetcher,
    ):
        fetches = [asyncio.create_task(fetcher.fetch(slow.url, max_bytes=99)) for _ in range(4)]
        while len(slow.requests) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(slow.requests) == 2
        held.set()
        assert await asyncio.gather(*fetches) == [IMAGE] * 4
        assert await fetcher.fetch(web.url, max_bytes=99) == IMAGE


async def test_whoever_gets_no_turn_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifr.fetching.fetcher._TURNS", 0.1)
    async with (
        serve(say_nothing) as slow,
        opened(LOCAL, connections=1, timeout_seconds=1) as fetcher,
    ):
        first = asyncio.create_task(fetcher.fetch(slow.url, max_bytes=1))
        await asyncio.sleep(0.05)
        with pytest.raises(Overloaded):
            await fetcher.fetch(slow.url, max_bytes=1)
        with pytest.raises(ImageAddressUnreachable):
            await first


async def test_cancelled_and_failed_fetches_give_their_turn_back() -> None:
    async with (
        serve(say_nothing) as slow,
        serve(ok(IMAGE)) as web,
        opened(LOCAL, connections=1, timeout_seconds=0.2) as fetcher,
    ):
        for _ in range(3):
            cancelled = asyncio.create_task(fetcher.fetch(slow.url, max_bytes=1))
            await asyncio.sleep(0.05)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            with pytest.raises(ImageAddressUnreachable):
                await fetcher.fetch(slow.url, max_bytes=1)
            assert await fetcher.fetch(web.url, max_bytes=99) == IMAGE


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of photos.example with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "photos.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("photos.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "photos.pem"
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> tuple[ssl.SSLContext, list[str | None]]:
    """A server's side of TLS, and the names it was asked for."""
    names: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context, names


async def test_tls_names_and_verifies_the_host_and_not_its_address(
    tls: tuple[ssl.SSLContext, list[str | None]],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, names = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    resolve = answering("127.0.0.1")
    async with (
        serve(ok(IMAGE), tls=context) as web,
        opened("127.0.0.1", resolve=resolve) as fetcher,
    ):
        url = f"https://photos.example:{web.port}/"
        assert await fetcher.fetch(url, max_bytes=1000) == IMAGE
        assert names == ["photos.example"]
        assert web.header("Host") == f"photos.example:{web.port}"
        with pytest.raises(ImageAddressUnreachable):
            await fetcher.fetch(url.replace("photos", "others"), max_bytes=1000)
        assert len(web.requests) == 1


async def test_unknown_certificate_is_not_accepted(
    tls: tuple[ssl.SSLContext, list[str | None]],
) -> None:
    resolve = answering("127.0.0.1")
    async with serve(ok(IMAGE), tls=tls[0]) as web, opened(LOCAL, resolve=resolve) as fetcher:
        with pytest.raises(ImageAddressUnreachable):
            await fetcher.fetch(f"https://photos.example:{web.port}/", max_bytes=1000)
        assert web.requests == []
