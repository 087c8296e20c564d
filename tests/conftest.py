"""One PostgreSQL for the whole run, a scrubbed environment, and the application over it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from tests.azurite import running_azurite

from classifr.app import create_app
from classifr.database.embedded import EmbeddedPostgres
from classifr.settings import Settings

TEST_SECRET = "only-for-tests-0123456789-abcdefghijklmnop"


@pytest.fixture(scope="session", autouse=True)
def _scrubbed_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of the machine, and no `.env` of the checkout, reaches a test."""
    for name in [name for name in os.environ if name.startswith("CLASSIFR_")]:
        del os.environ[name]
    os.environ["CLASSIFR_DATA_DIR"] = str(tmp_path_factory.mktemp("unused"))


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """Also when the run was started in the background, where shells have it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running, empty PostgreSQL, for libpq and for CLASSIFR_DATABASE_URL.

    Not below pytest's own folder: a second run closes that one to the server's account.
    """
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        yield server.libpq_url


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of a running Azurite; tests keep apart by their containers."""
    with running_azurite() as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def settings(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an application on the test database."""
    return make_settings(tmp_path_factory.mktemp("data"), database_url=postgres_url)


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application, started and ready."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until_ready(app)
        yield app


async def wait_until_ready(app: FastAPI) -> None:
    """Return once the model is loaded."""
    async with asyncio.timeout(60):
        while not app.state.classifr.vision.is_ready:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def make_settings(data_dir: Path, **changes: object) -> Settings:
    """Settings for tests: cheap to start, strict about the rest."""
    return Settings(
        _env_file=None,
        data_dir=data_dir,
        accounts={"token_secret": TEST_SECRET, **changes.pop("accounts", {})},
        log_level="WARNING",
        **changes,
    )
