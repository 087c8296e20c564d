"""The worker process: jobs, one at a time, until a signal says stop."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from classifr.cli.serving.workers import GRACE_SECONDS
from classifr.database.opening import open_database
from classifr.database.session import Database
from classifr.jobs.worker import Worker
from classifr.settings import Settings, VisionEngine
from classifr.storage.opening import open_storage
from classifr.storage.port import Storage
from classifr.vision.local.work import LocalWork

logger = structlog.get_logger()


def make_worker(database: Database, storage: Storage, settings: Settings) -> Worker:
    """A worker that knows every job."""
    work = LocalWork(database, storage, settings)
    return Worker(
        database,
        settings.jobs,
        work.tasks,
        begin=work.begin,
        hourly=work.tidy,
        reconcile=work.reconcile,
    )


async def work_until_stopped(settings: Settings, *, ends_with_stdin: bool) -> None:
    """Work until SIGTERM or SIGINT.

    ends_with_stdin: also once stdin is closed, as it is when whoever started this dies.
    Raises: SetupError, DatabaseUnavailable, StorageUnavailable.
    """
    stop = asyncio.Event()
    with _stopping_by_signal(stop):
        if ends_with_stdin:
            _stop_with_stdin(asyncio.get_running_loop(), stop)
        async with open_storage(settings) as storage, open_database(settings) as database:
            if settings.vision == VisionEngine.LOCAL:
                logger.info("worker_ready")
                await make_worker(database, storage, settings).run(stop)
            else:
                # Jobs left by our own engine wait until it is the engine again.
                logger.info("worker_idle", reason="Custom Vision trains")
                await stop.wait()
    logger.info("worker_stopped")


@contextmanager
def _stopping_by_signal(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, _stop, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _stop(stop: asyncio.Event) -> None:
    if not stop.is_set():
        stop.set()
        # Whatever hangs: a computation that looks up too seldom, a database that never answers.
        timer = threading.Timer(GRACE_SECONDS, os._exit, [1])
        timer.daemon = True
        timer.start()


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        loop.call_soon_threadsafe(_stop, stop)

    threading.Thread(target=wait, daemon=True).start()
