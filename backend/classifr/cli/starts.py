"""How the start of each worker process went, told to the process that people started."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from classifr.cli.failures import Failure, explain

logger = structlog.get_logger()


@dataclass(frozen=True)
class Started:
    """A worker is up, its model perhaps not yet."""

    has_new_password: bool  #: It created the first admin and printed the password.


Start = Started | Failure


class Starts:
    """What the workers have told so far."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Start] = get_context("spawn").SimpleQueue()
        self._heard: list[Start] = []

    def failure(self) -> Failure | None:
        """The first failure."""
        return next((start for start in self._all() if isinstance(start, Failure)), None)

    def has_new_password(self) -> bool:
        """Whether a worker has printed a password."""
        return any(isinstance(start, Started) and start.has_new_password for start in self._all())

    def _all(self) -> list[Start]:
        while not self.queue.empty():
            self._heard.append(self.queue.get())
        return self._heard


class TellingConfig(uvicorn.Config):
    """uvicorn's configuration; a process that serves by it tells how its start went.

    uvicorn hands it to each worker process, so what is overridden here happens there.
    """

    starts: SimpleQueue[Start]

    def load(self) -> None:
        """Import and wrap the application. A failure ends the supervisor too, by its code."""
        try:
            super().load()
        except Exception as error:
            logger.debug("application_failed_to_load", exc_info=error)
            self.starts.put(explain(error))
            sys.exit(STARTUP_FAILURE)
        self.loaded_app = TellStart(self.loaded_app, self.starts.put)


class TellStart:
    """ASGI: tells how the application's start went, and keeps the traceback out of the log."""

    def __init__(self, app: ASGIApp, tell: Callable[[Start], None]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_failed = False

        async def tell_and_send(message: Message) -> None:
            nonlocal has_failed
            if message["type"] == "lifespan.startup.failed":
                # Its message is a traceback. The error itself arrives below.
                has_failed = True
                return
            if message["type"] == "lifespan.startup.complete":
                state = scope["app"].state.classifr
                self._tell(Started(has_new_password=state.first_admin_password is not None))
            await send(message)

        try:
            await self._app(scope, receive, tell_and_send)
        except Exception as error:
            if not has_failed:
                raise
            logger.debug("start_failed", exc_info=error)
            self._tell(explain(error))
            await send({"type": "lifespan.startup.failed", "message": ""})
