"""The database goes away in mid-request: a clear 503, nothing half-done, and recovery."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from tests.api.clients import assert_error, client_of, create_account
from tests.conftest import make_settings, wait_until_ready
from tests.pictures import jpeg

from classifr.accounts.recent import RecentAccounts
from classifr.app import create_app
from classifr.database.embedded import EmbeddedPostgres
from classifr.database.models import Role
from classifr.state import State
from classifr.vision.classification import Classification
from classifr.vision.port import Vision
from classifr.vision.values import Target


@dataclass
class Outage:
    """An application whose own PostgreSQL can be taken away."""

    folder: Path
    state: State
    client: httpx.AsyncClient

    def stop_database(self) -> None:
        """End PostgreSQL as a crash would."""
        pid_file = self.folder / "database" / "postgres" / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + 10
        while pid_file.exists():
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            time.sleep(0.01)

    def start_database(self) -> EmbeddedPostgres:
        """Start it again; to be stopped by the caller."""
        server = EmbeddedPostgres(self.folder / "database")
        server.start()
        return server


@pytest.fixture
async def outage() -> AsyncIterator[Outage]:
    """The application on a PostgreSQL of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "database") as server:
            settings = make_settings(folder / "data", database_url=server.libpq_url)
            app = create_app(settings)
            async with app.router.lifespan_context(app):
                await wait_until_ready(app)
                token = await create_account(app.state.classifr, "lucia", Role.USER)
                async with client_of(app, token) as client:
                    yield Outage(folder, app.state.classifr, client)


class SlowVision:
    """Answers as the engine does, once it is allowed to."""

    def __init__(self, vision: Vision) -> None:
        self._vision = vision
        self.is_ready = True
        self.entered = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def classify(self, data: bytes, target: Target) -> Classification:
        self.entered.set()
        await self.may_answer.wait()
        return await self._vision.classify(data, target)


async def test_database_stopped_in_mid_request_is_a_503_and_comes_back(outage: Outage) -> None:
    image = {"image": ("a.jpg", jpeg())}
    engine = outage.state.vision
    slow = outage.state.vision = SlowVision(engine)
    request = asyncio.create_task(outage.client.post("/predict", files=image))
    await slow.entered.wait()
    outage.stop_database()
    slow.may_answer.set()
    assert_error(await request, 503, "database_unavailable")
    assert [found.key async for found in outage.state.storage.list("")] == []

    outage.state.vision = engine
    outage.state.recent_accounts = RecentAccounts()
    assert_error(await outage.client.get("/auth/me"), 503, "database_unavailable")
    ready = await outage.client.get("/health/ready")
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert (await outage.client.get("/health/live")).status_code == 200

    server = outage.start_database()
    try:
        answers = [await outage.client.post("/predict", files=image) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert (await outage.client.get("/health/ready")).status_code == 200
    finally:
        server.stop()


async def test_embedded_server_that_was_killed_comes_back() -> None:
    with TemporaryDirectory() as name:
        app = create_app(make_settings(Path(name) / "data"))
        async with app.router.lifespan_context(app):
            await wait_until_ready(app)
            database = app.state.classifr.database
            pid_file = Path(name) / "data" / "postgres" / "data" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
            async with asyncio.timeout(30):
                while await database.answers():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                while not await database.answers():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
