"""The engine over a server that answers as each test says, or over one of our own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.conftest import make_settings
from tests.engine_server import EngineServer, running_engine_server
from tests.integration.azure.service import (
    PREDICTION_KEY,
    TIMEOUT_SECONDS,
    TRAINING_KEY,
)
from tests.scripted import ScriptedServer

from classifr.vision.azure.vision import AzureVision
from classifr.vision.port import Workspace


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineServer]:
    """What stands for Azure."""
    with running_engine_server() as server:
        yield server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """What answers for Custom Vision."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
async def vision(server: ScriptedServer, tmp_path: Path) -> AsyncIterator[AzureVision]:
    """The engine, opened."""
    vision = AzureVision(
        make_settings(
            tmp_path,
            vision="azure",
            azure={
                "endpoint": f"{server.url}/",
                "training_key": TRAINING_KEY,
                "prediction_key": PREDICTION_KEY,
                "prediction_resource_id": "/subscriptions/s/accounts/a",
                "project": "Dishes",
                "timeout_seconds": TIMEOUT_SECONDS,
            },
        )
    )
    await vision.open()
    yield vision
    await vision.close()


@pytest.fixture
def workspace(vision: AzureVision) -> Workspace:
    """One unit of work; it needs nothing of the database."""
    return vision.workspace(None)  # type: ignore[arg-type]
