"""The server process, or the supervisor of several."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from classifr.cli.failures import CommandError, Failure
from classifr.cli.serving.listening import listen, url_of
from classifr.cli.serving.protocol import BoundedProtocol
from classifr.cli.serving.starts import POLL_SECONDS, ModelFailed, Ready, Starts, TellingConfig
from classifr.cli.serving.workers import Workers, workers_beside
from classifr.cli.setup import load_settings
from classifr.database.embedded import EmbeddedPostgres
from classifr.engine.cores import let_work_finish
from classifr.logs import configure_logs
from classifr.resources import command_name
from classifr.settings import Settings, export_settings

GRACE_SECONDS = 20  #: What running requests get to finish.
#: A worker that does not answer its supervisor for so long is replaced.
WORKER_SILENCE_SECONDS = 30


def serve_forever(*, host: str, port: int, workers: int | None, verbose: bool) -> None:
    """Serve until a signal says stop.

    Raises: SettingsInvalid, CommandError.
    """
    settings = load_settings(verbose=verbose)
    workers = workers or settings.workers
    export_settings(workers=workers, log_level=settings.log_level)
    let_work_finish()
    with (
        listen(host, port) as server,
        _quiet_end(),
        _share_of_database(settings),
        Workers(workers_beside(settings)) as background,
    ):
        configure_logs(settings)
        starts = Starts()
        threading.Thread(
            target=_announce, args=(starts, workers, url_of(server), background), daemon=True
        ).start()
        _run(_config(settings, workers, starts), server)
    if failure := _failure(starts):
        raise CommandError(failure.reason, hint=failure.hint, exit_code=1)


def _share_of_database(settings: Settings) -> AbstractContextManager[object]:
    """Our own hold on the embedded server, so that it ends with us.

    A second Ctrl-C, or a killed worker, lets nobody else stop it.
    """
    if settings.database_url is not None:
        return nullcontext()
    return EmbeddedPostgres(settings.data_dir)


def _config(settings: Settings, workers: int, starts: Starts) -> TellingConfig:
    config = TellingConfig(
        "classifr.app:create_app",
        factory=True,
        workers=workers,
        http=BoundedProtocol,
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
            Supervisor(config, sockets=[server]).run()
    except SystemExit:
        # A start that failed, which `starts` tells; or the signal that ended a clean run, again.
        return


class Supervisor(Multiprocess):
    """uvicorn's, made quiet on Ctrl-C and quick to see a worker end."""

    def init_processes(self) -> None:
        """Start the workers."""
        # A terminal sends Ctrl-C to them as well. One that is still importing would print a
        # traceback, so it comes into being deaf to it; `TellingConfig` takes it from there.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().init_processes()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        # Our copy of a worker's end of the pipe would keep its death from being noticed.
        for process in self.processes:
            process.child_conn.close()


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


def _announce(starts: Starts, workers: int, url: str, background: Workers) -> None:
    """Wait until every worker can serve and say so once; end a server that never will.

    What works in the background starts only then: it would slow the others down.
    """
    while True:
        told = starts.told()
        ready = [start for start in told if isinstance(start, Ready)]
        if len(ready) >= workers:
            typer.echo(f"Classifr is ready:  {url}")
            if not any(start.has_new_password for start in ready):
                typer.echo(f"Password forgotten? {command_name()} user passwd admin")
            background.start()
            return
        if any(isinstance(start, ModelFailed) for start in told):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        time.sleep(POLL_SECONDS)


def _failure(starts: Starts) -> Failure | None:
    """Why the server ended by itself."""
    for start in starts.told():
        if isinstance(start, Failure):
            return start
        if isinstance(start, ModelFailed):
            return Failure(
                "The model cannot be loaded; the log above says why.",
                "`classifr doctor` looks for the cause.",
            )
    return None
