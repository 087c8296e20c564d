"""`classifr serve` outlives no supervisor, and lets no client hold it up."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from tests.integration.cli import ADMIN_PASSWORD, Server


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "data"


def answer_to(url: str, sent: bytes) -> bytes:
    """What comes back before the server closes the connection."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        try:
            connection.sendall(sent)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass
    return received


def test_headers_without_end_are_refused_early(data_dir: Path) -> None:
    with Server(data_dir, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        url = server.url()
        request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
        small = request + b"A: " + b"a" * 8_000 + b"\r\nConnection: close\r\n\r\n"
        assert answer_to(url, small).startswith(b"HTTP/1.1 200")
        received = answer_to(url, request + b"A: " + b"a" * 5_000_000)
        assert received == b"" or received.startswith(b"HTTP/1.1 431")
        assert answer_to(url, small).startswith(b"HTTP/1.1 200")


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux alone has the policy")
def test_no_process_of_a_server_interrupts_another_at_a_wake_up(data_dir: Path) -> None:
    with Server(data_dir, "--workers", "2", CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        server.url()
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert len(family) > 2
        # The database leaves the family, and waits its turn like the others.
        pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
        postmaster = psutil.Process(int(pid_file.read_text().split("\n")[0]))
        for process in (*family, postmaster, *postmaster.children()):
            with suppress(ProcessLookupError):  # A connection that was closed meanwhile.
                assert os.sched_getscheduler(process.pid) == os.SCHED_BATCH, process


def test_workers_end_with_a_killed_supervisor(data_dir: Path) -> None:
    with Server(data_dir, "--workers", "2", CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        parts = urlsplit(server.url())
        family = psutil.Process(server.process.pid).children(recursive=True)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert [child for child in alive if child.name() != "postgres"] == []
        deadline = time.monotonic() + 10
        while True:
            try:
                with socket.create_server((parts.hostname, parts.port)):
                    break
            except OSError:
                assert time.monotonic() < deadline, "the port is still taken"
                time.sleep(0.1)
