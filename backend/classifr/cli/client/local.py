"""The application in this process, over the data folder that a server may be using as well."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout

import httpx
from fastapi import FastAPI

from classifr.accounts import service as accounts
from classifr.app import create_app
from classifr.cli.client.api import ApiClient, Json, Trial
from classifr.cli.client.failures import engine_error
from classifr.cli.client.worker import check_worker, own_worker
from classifr.cli.failures import CommandError
from classifr.cli.setup import VERBOSE_LEVEL
from classifr.database.models import User
from classifr.errors import ClassifrError
from classifr.predictions.answers import as_read
from classifr.predictions.service import Answer
from classifr.settings import Settings, VisionEngine
from classifr.state import State, engine_sessions
from classifr.vision.images import check_start

_POLL_SECONDS = 0.02


class LocalClient(ApiClient):
    """Speaks to the application in this process."""

    crash_hint = "Run it again with --verbose, and report what that prints."

    def __init__(self, http: httpx.AsyncClient, state: State) -> None:
        super().__init__(http, where="the data folder")
        self.state = state
        # One more than are classified at a time, so that the next is always there.
        self.at_once = engine_sessions(state.settings) + 1
        self._worker: subprocess.Popen[bytes] | None = None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have a worker beside us, as there may be no server; Custom Vision needs none."""
        if self.state.settings.vision != VisionEngine.LOCAL:
            yield
            return
        with own_worker(self.state.settings) as self._worker:
            yield
        self._worker = None

    async def trial(self, project: Json, iteration: Json) -> Trial:
        """As over the API, without its requests: for thousands of images they would count."""
        vision, limits = self.state.vision, self.state.settings.upload
        async with self.state.database.transaction() as session:
            workspace = vision.workspace(session)
            wanted = await workspace.projects.get(project["id"])
            found = await workspace.iterations.get(wanted.id, iteration["id"])
        await self.wait_until_ready()

        async def answer(data: bytes) -> Json:
            try:
                check_start(data, limits.max_bytes)
                classification = await vision.try_iteration(data, wanted, found)
            except ClassifrError as error:
                raise engine_error(error) from error
            return as_read(Answer(classification), top=None).model_dump(mode="json")

        return answer

    async def wait_until_ready(self) -> None:
        """Return once the model is loaded, or never will be."""
        await _model(self.state)

    def check(self) -> None:
        """Raises: CommandError if our worker has ended."""
        if self._worker is not None:
            check_worker(self._worker)


@asynccontextmanager
async def open_local(settings: Settings) -> AsyncIterator[LocalClient]:
    """Open the data folder and speak for its first admin; whoever can open it may do anything.

    Raises: SetupError, DatabaseUnavailable, CommandError.
    """
    app = create_app(settings)
    if settings.log_level != VERBOSE_LEVEL:
        # A crash or a refusal is told in a line, as any error of a command.
        for name in ("classifr.middleware", "classifr.error_handlers"):
            logging.getLogger(name).disabled = True
    starting = app.router.lifespan_context(app)
    # The first start prints a password, which is not what the command was asked for.
    with redirect_stdout(sys.stderr):
        await starting.__aenter__()
    try:
        state: State = app.state.classifr
        async with httpx.AsyncClient(
            transport=_Transport(app, state),
            base_url="http://localhost/",
            auth=_Operator(state, await _operator(state)),
        ) as http:
            yield LocalClient(http, state)
    finally:
        await starting.__aexit__(None, None, None)


async def _model(state: State) -> None:
    """Return once the model is loaded, or never will be."""
    while not state.vision.is_ready and not state.start_failed:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)


class _Transport(httpx.ASGITransport):
    """Has requests that may need the model wait for it: nobody announced that we are ready."""

    def __init__(self, app: FastAPI, state: State) -> None:
        super().__init__(app, raise_app_exceptions=False)
        self._state = state

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the application."""
        if request.method == "POST":
            await _model(self._state)
        return await super().handle_async_request(request)


class _Operator(httpx.Auth):
    """Signs each request with a token made just for it; nothing of it is kept."""

    def __init__(self, state: State, user: User) -> None:
        self._state = state
        self._user = user

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Once more for the account as it is now, if it was changed in the meantime."""
        self._sign(request)
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._user = await _operator(self._state)
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        token = accounts.issue_token(self._state.token_signer, self._user)
        request.headers["Authorization"] = f"Bearer {token}"


async def _operator(state: State) -> User:
    async with state.database.transaction() as session:
        user = await accounts.first_active_admin(session)
    if user is None:
        raise CommandError(
            "There is no admin to act for.",
            hint="classifr user add NAME --role admin, or: classifr user enable NAME",
        )
    return user
