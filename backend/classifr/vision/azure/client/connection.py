"""The official client, which blocks: asked from a few threads, and never twice for a change."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog

from classifr.concurrency import RETRY_AFTER_SECONDS, BoundedExecutor, ExecutorFull
from classifr.errors import ClassifrError, EngineTimeout, EngineUnavailable, Overloaded
from classifr.vision.azure.client.failures import (
    PAUSE_SECONDS,
    Place,
    RequestFailed,
    refusal,
    unreadable,
    unsure,
)

if TYPE_CHECKING:
    import requests

Client = TypeVar("Client")
T = TypeVar("T")

#: What a read waits before it is repeated; longer waits are the caller's.
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_REASON = 300

logger = structlog.get_logger()


class Connection(Generic[Client]):
    """One resource of Custom Vision."""

    def __init__(
        self, client: Client, place: Place, *, threads: int, max_waiting: int, timeout: float
    ) -> None:
        """client: the official one, which is set up here; timeout: in seconds, of each wait."""
        self._client = client
        self._place = place
        self._executor = BoundedExecutor(threads=threads, max_waiting=max_waiting)
        _set_up(client, place, timeout)

    async def read(self, call: Callable[[Client], T]) -> T:
        """What `call` gives, which changes nothing: asked once more after a passing failure.

        Raises: as `RequestFailed.error`; Overloaded.
        """
        try:
            return await self._run(call)
        except RequestFailed as failure:
            pause = failure.pause_seconds
            if pause is None or pause > _LONGEST_PAUSE_SECONDS:
                raise failure.error from failure
        await asyncio.sleep(pause)
        try:
            return await self._run(call)
        except RequestFailed as failure:
            raise failure.error from failure

    async def change(
        self,
        call: Callable[[Client], T],
        *,
        find: Callable[[], Awaitable[T | None]] | None = None,
    ) -> T:
        """What `call` gives, sent once whatever happens.

        find: looks, after an answer was lost, whether it was carried out all the same.
        Raises: as `RequestFailed.error`; Overloaded.
        """
        try:
            return await self._run(call)
        except RequestFailed as failure:
            if not failure.is_unsure:
                raise failure.error from failure
            if find is not None:
                with suppress(ClassifrError):
                    if (found := await find()) is not None:
                        return found
            raise unsure(failure.error) from failure

    async def close(self) -> None:
        """Finish what runs."""
        await asyncio.to_thread(self._executor.close)

    async def _run(self, call: Callable[[Client], T]) -> T:
        try:
            return await self._executor.run(self._call, call)
        except ExecutorFull:
            raise Overloaded(retry_after_seconds=RETRY_AFTER_SECONDS) from None

    def _call(self, call: Callable[[Client], T]) -> T:
        from msrest.exceptions import ClientRequestError  # noqa: PLC0415

        try:
            return call(self._client)
        except (RequestFailed, ClassifrError):
            raise
        except ClientRequestError as error:
            raise _transport_failure(error) from error
        except Exception as error:
            # Whatever the client, or the making of our values, stumbles over.
            # A traceback could show its locals, and so the key.
            logger.debug("answer_unreadable", reason=repr(error)[:_MOST_REASON])
            raise unreadable(self._place) from error


def _set_up(client: Any, place: Place, timeout: float) -> None:
    """No retries, no redirects (a key is for one address), and our reading of refusals."""

    def check(response: "requests.Response", *_: object, **__: object) -> None:
        if (failed := refusal(response, place)) is not None:
            raise failed

    config = client.config
    retries = config.retry_policy.policy
    retries.total = retries.connect = 0
    retries.read = False
    retries.status_forcelist = ()
    config.redirect_policy.allow = False
    config.connection.timeout = timeout
    config.hooks.append(check)


def _transport_failure(error: Exception) -> RequestFailed:
    """What it means that no answer came."""
    import requests  # noqa: PLC0415

    # The client wraps what requests says once or twice.
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, requests.RequestException):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, requests.ConnectTimeout):
        return RequestFailed(EngineTimeout())
    if isinstance(cause, requests.Timeout):
        return RequestFailed(EngineTimeout(), is_unsure=True)
    is_sent = not _is_unconnected(cause)
    return RequestFailed(EngineUnavailable(), is_unsure=is_sent, pause_seconds=PAUSE_SECONDS)


def _is_unconnected(cause: BaseException | None) -> bool:
    """Whether the connection was never there, so that nothing was sent."""
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, NewConnectionError)
