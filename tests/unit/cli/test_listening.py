"""The port is ours before anything else starts."""

import socket

import pytest

from classifr.cli.failures import CommandError
from classifr.cli.serving.listening import listen, url_of


def test_a_port_is_taken_by_one_only() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} .* in use"):
            listen("127.0.0.1", port)


def test_the_address_shown_can_be_opened() -> None:
    with listen("0.0.0.0", 0) as server:
        assert url_of(server) == f"http://localhost:{server.getsockname()[1]}"
    with listen("localhost", 0) as server:
        assert server.family == socket.AF_INET


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a" * 100])
def test_a_foreign_address_is_refused(host: str) -> None:
    with pytest.raises(CommandError, match="no address of this machine"):
        listen(host, 0)
