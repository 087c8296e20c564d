"""The server process, or the supervisor of several."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from types import FrameType

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from classifr.cli.failures import CommandError, Failure
from classifr.cli.listening import address_of, listen, url_of
from classifr.cli.setup import load_settings
from classifr.cli.starts import Starts, TellingConfig
from classifr.logs import configure_logs
from classifr.settings import Settings, export_settings

GRACE_SECONDS = 20  #: What running requests get to finish.
POLL_SECONDS = 0.1
#: A worker that does not answer its supervisor for so long is replaced.
WORKER_SILENCE_SECONDS = 30


def serve_forever(*, host: str, port: int, workers: int | None, verbose: bool) -> None:
    """Serve until a signal says stop.

    Raises: SettingsInvalid, CommandError.
    """
    settings = load_settings(verbose=verbose)
    workers = workers or settings.workers
    export_settings(workers=workers, log_level=settings.log_level)
    with listen(host, port) as server, _quiet_end():
        configure_logs(settings)
        starts = Starts()
        announcer = Announcer(server, starts)
        threading.Thread(target=announcer.run, daemon=True).start()
        _run(_config(settings, workers, starts), server)
    if failure := starts.failure() or announcer.failure:
        raise CommandError(failure.reason, hint=failure.hint, exit_code=1)


def _config(settings: Settings, workers: int, starts: Starts) -> TellingConfig:
    config = TellingConfig(
        "classifr.app:create_app",
        factory=True,
        workers=workers,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WORKER_SILENCE_SECONDS,
    )
    config.starts = starts.queue
    return config


def _run(config: TellingConfig, server: socket.socket) -> None:
    try:
        if config.workers == 1:
            uvicorn.Server(config).run(sockets=[server])
        else:
            Multiprocess(config, sockets=[server]).run()
    except SystemExit:
        # A start that failed, which `starts` tells; or the signal that ended a clean run, again.
        return


@contextmanager
def _quiet_end() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM a clean end with code 0, also before uvicorn listens to them.

    uvicorn raises the signal once more after it has shut down; by default that kills us.
    """

    def end(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Announcer:
    """Waits until the server can serve, and says so once; ends a server that never will."""

    def __init__(self, server: socket.socket, starts: Starts) -> None:
        self._address = address_of(server)
        self._url = url_of(server)
        self._starts = starts
        self.failure: Failure | None = None

    def run(self) -> None:
        """Poll /health/ready until it answers 200."""
        while True:
            ready = self._ask()
            if ready.get("status") == "ok":
                self._announce()
                return
            if ready.get("status") == "unavailable" and ready.get("database"):
                self.failure = Failure(
                    "The model cannot be loaded; the log above says why.",
                    "`classifr doctor` looks for the cause.",
                )
                os.kill(os.getpid(), signal.SIGTERM)
                return
            time.sleep(POLL_SECONDS)

    def _announce(self) -> None:
        typer.echo(f"Classifr is ready:  {self._url}")
        if not self._starts.has_new_password():
            typer.echo("Password forgotten? classifr user passwd admin")

    def _ask(self) -> dict[str, object]:
        connection = HTTPConnection(*self._address, timeout=5)
        try:
            connection.request("GET", "/health/ready", headers={"Connection": "close"})
            answer = json.load(connection.getresponse())
            return answer if isinstance(answer, dict) else {}
        except (OSError, HTTPException, ValueError):
            return {}
        finally:
            connection.close()
