"""The real server in a process of its own, on a data folder that is thrown away."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from client import Client, UnexpectedAnswer, get_request, sign_in
from measure import cpu_seconds

READY_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 60
ADMIN = "admin"
_POLL_SECONDS = 0.01
_SETTLE_TIMEOUT_SECONDS = 15
_CALM_SECONDS = 0.4


class Server:
    """`classifr serve` with `workers` processes."""

    def __init__(self, folder: Path, *, workers: int = 1) -> None:
        """folder: holds the data folder and the log; a second server may use it after `stop`."""
        self.data_dir = folder / "data"
        self.port = _free_port()
        self.log = folder / "server.log"
        self._workers = workers
        self._password = _password(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> float:
        """Seconds from the command to the first 200 of /health/ready; returns when all is calm."""
        started = time.perf_counter()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _command(self.port, self._workers),
                # Away from the `.env` of the folder the benchmark is run from.
                cwd=self.data_dir.parent,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = started + READY_TIMEOUT_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.perf_counter() > deadline:
                self.stop()
                log_end = self.log.read_text(errors="replace")[-3000:]
                raise SystemExit(f"The server did not become ready. Its log ends:\n{log_end}")
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - started
        self._settle()
        return seconds

    def stop(self) -> None:
        """Ask it to end, and insist if it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def token(self) -> str:
        """A token of the first admin."""
        return sign_in(self.port, ADMIN, self._password)

    def balanced_clients(self, each: int) -> list[Client]:
        """Connections spread evenly: `each` to every process that answers, once all are ready.

        The kernel gives a new connection to whichever process asks first, so more are opened
        than needed and the surplus closed.
        """
        chosen: dict[int, list[Client]] = {}
        deadline = time.perf_counter() + STOP_TIMEOUT_SECONDS
        while len(chosen) < self._workers or any(len(found) < each for found in chosen.values()):
            if time.perf_counter() > deadline:
                raise SystemExit(f"Only {len(chosen)} of {self._workers} processes answer.")
            client = Client(self.port)
            try:
                client.send(get_request("/health/ready"))
            except UnexpectedAnswer:
                client.close()
                time.sleep(_POLL_SECONDS)
                continue
            found = chosen.setdefault(self._pid_behind(client), [])
            if len(found) < each:
                found.append(client)
            else:
                client.close()
        return [client for found in chosen.values() for client in found]

    def api_processes(self) -> list[psutil.Process]:
        """The processes that answer requests, and the one that watches over them."""
        if self._process is None:
            return []
        parent = psutil.Process(self._process.pid)
        children = [child for child in parent.children() if _is_python(child)]
        return [parent, *(child for child in children if not _is_worker(child))]

    def worker_processes(self) -> list[psutil.Process]:
        """The processes that train."""
        if self._process is None:
            return []
        return [
            child for child in psutil.Process(self._process.pid).children() if _is_worker(child)
        ]

    def database_processes(self) -> list[psutil.Process]:
        """The embedded PostgreSQL's processes."""
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            pid_file = self.data_dir / "postgres" / "data" / "postmaster.pid"
            postmaster = psutil.Process(int(pid_file.read_text().split("\n")[0]))
            return [postmaster, *postmaster.children()]
        return []

    def processes(self) -> list[psutil.Process]:
        """All of them."""
        return [*self.api_processes(), *self.worker_processes(), *self.database_processes()]

    def _settle(self) -> None:
        """Wait until the worker, which is started once the server is ready, is idle."""
        deadline = time.perf_counter() + _SETTLE_TIMEOUT_SECONDS
        before = None
        while time.perf_counter() < deadline:
            used = [cpu_seconds(process.pid) for process in self.worker_processes()]
            if used and used == before:
                return
            before = used
            time.sleep(_CALM_SECONDS)

    def _is_ready(self) -> bool:
        try:
            with Client(self.port) as client:
                client.send(get_request("/health/ready"))
        except (OSError, UnexpectedAnswer):
            return False
        return True

    def _pid_behind(self, client: Client) -> int:
        for process in self.api_processes():
            for connection in process.net_connections(kind="tcp"):
                if connection.raddr and connection.raddr.port == client.local_port:
                    return process.pid
        raise UnexpectedAnswer("no process of ours holds the connection")

    def _environment(self) -> dict[str, str]:
        # Settings of whoever runs the benchmark would change what is measured.
        kept = {name: value for name, value in os.environ.items() if "CLASSIFR_" not in name}
        return kept | {
            "CLASSIFR_DATA_DIR": str(self.data_dir),
            "CLASSIFR_ADMIN_PASSWORD": self._password,
            "CLASSIFR_WORKERS": str(self._workers),
        }


def _command(port: int, workers: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    return [str(Path(sys.executable).with_name("classifr")), "serve", *options]


def _password(folder: Path) -> str:
    """One password a folder: only its first start sets it."""
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(16))
    return path.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_python(process: psutil.Process) -> bool:
    try:
        return "python" in process.name() or "classifr" in process.name()
    except psutil.NoSuchProcess:
        return False


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False
