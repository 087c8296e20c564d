"""How the start of each worker process goes, told to the process that people started."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from classifr.cli.failures import Failure, explain

if TYPE_CHECKING:
    from classifr.state import State

POLL_SECONDS = 0.05

logger = structlog.get_logger()


@dataclass(frozen=True)
class Ready:
    """A worker answers predictions."""

    has_new_password: bool  #: It created the first admin and printed the password.


@dataclass(frozen=True)
class ModelFailed:
    """A worker runs, but will never answer a prediction."""


Start: TypeAlias = Ready | ModelFailed | Failure


class Starts:
    """What the workers have told so far. Any thread may ask."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Start] = multiprocessing.get_context("spawn").SimpleQueue()
        self._told: list[Start] = []
        self._lock = threading.Lock()

    def told(self) -> list[Start]:
        """Everything, oldest first."""
        with self._lock:
            while not self.queue.empty():
                self._told.append(self.queue.get())
            return list(self._told)


class TellingConfig(uvicorn.Config):
    """uvicorn's configuration; a process that serves by it tells how its start goes.

    uvicorn hands it to each worker process, so what is overridden here happens there.
    """

    starts: SimpleQueue[Start]

    def configure_logging(self) -> None:
        """Called first in a worker: from here on Ctrl-C is ignored, until uvicorn handles it."""
        if (supervisor := multiprocessing.parent_process()) is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            threading.Thread(target=_end_after, args=(supervisor,), daemon=True).start()
        super().configure_logging()

    def load(self) -> None:
        """Import and wrap the application. A failure ends the supervisor too, by its code."""
        try:
            super().load()
        except Exception as error:
            logger.debug("application_failed_to_load", exc_info=error)
            self.starts.put(explain(error))
            sys.exit(STARTUP_FAILURE)
        self.loaded_app = TellStart(self.loaded_app, self.starts.put)


def _end_after(supervisor: BaseProcess) -> None:
    """Stop as soon as the supervisor is gone, even killed: the port is to be free again."""
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


class TellStart:
    """ASGI: tells how the application's start goes, and keeps tracebacks of it out of the log."""

    def __init__(self, app: ASGIApp, tell: Callable[[Start], None]) -> None:
        self._app = app
        self._tell = tell
        self._waiting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_failed = False

        async def send_but_traceback(message: Message) -> None:
            nonlocal has_failed
            if message["type"] == "lifespan.startup.failed":
                # Its message is a traceback. The error itself arrives below.
                has_failed = True
                return
            if message["type"] == "lifespan.startup.complete":
                self._waiting = asyncio.create_task(
                    self._tell_when_ready(scope["app"].state.classifr)
                )
            await send(message)

        try:
            await self._app(scope, receive, send_but_traceback)
        except Exception as error:
            if not has_failed:
                raise
            logger.debug("start_failed", exc_info=error)
            self._tell(explain(error))
            await send({"type": "lifespan.startup.failed", "message": ""})
        finally:
            if self._waiting:
                self._waiting.cancel()

    async def _tell_when_ready(self, state: "State") -> None:
        # The supervisor imports this module too, and has no use for the application.
        from classifr.monitoring.service import check_ready  # noqa: PLC0415

        while (await check_ready(state)).status != "ok":
            if state.start_failed:
                self._tell(ModelFailed())
                return
            await asyncio.sleep(POLL_SECONDS)
        self._tell(Ready(has_new_password=state.first_admin_password is not None))
