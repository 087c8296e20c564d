"""The worker processes beside the server: started by it, replaced when they die, ended with it."""

import os
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import structlog

from classifr.settings import Settings, VisionEngine

logger = structlog.get_logger()

#: What a worker gets to give its job back; then it ends anyway, and others notice its silence.
GRACE_SECONDS = 8.0
#: How much a worker steps back, so that answers never wait for a training.
NICENESS = 10
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
#: Whoever lived so long did not die of its start.
_HEALTHY_SECONDS = 60.0


def workers_beside(settings: Settings) -> int:
    """How many a server needs: none where another service trains."""
    return settings.jobs.workers if settings.vision == VisionEngine.LOCAL else 0


class Workers:
    """`count` processes of `classifr worker`, from `start` to the end of the context."""

    def __init__(self, count: int) -> None:
        # Nobody ever writes to it: it closes when this process ends, however it ends.
        self._lifeline, self._our_end = os.pipe()
        self._keepers = [_Keeper(self._lifeline) for _ in range(count)]

    def start(self) -> None:
        """Start them, and keep them running."""
        for keeper in self._keepers:
            keeper.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for keeper in self._keepers:
            keeper.stop()
        for keeper in self._keepers:
            keeper.wait()
        os.close(self._our_end)
        os.close(self._lifeline)


class _Keeper:
    """Keeps one worker running, in a thread that sleeps as long as it lives."""

    def __init__(self, lifeline: int) -> None:
        """lifeline: what the worker has as its stdin."""
        self._lifeline = lifeline
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end."""
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()

    def wait(self) -> None:
        """Wait for its end, not for ever."""
        process = self._process
        if process is None:
            return
        try:
            process.wait(GRACE_SECONDS + 2)
        except subprocess.TimeoutExpired:
            logger.warning("worker_killed", pid=process.pid)
            process.kill()
            process.wait()

    def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            logger.warning("worker_died", code=code, restart_seconds=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> int | None:
        """Its exit code at its end; None if it could not be started."""
        try:
            process = self._launch()
        except OSError:
            logger.exception("worker_not_started")
            return None
        return process.wait() if process is not None else None

    def _launch(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "classifr", "worker", "--ends-with-stdin"],
                stdin=self._lifeline,
                stdout=subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the server, which then ends its workers.
                start_new_session=True,
            )
            os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
            return self._process
