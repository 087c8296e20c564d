"""What tests of trainings do again and again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.api.jobs import run_jobs

from classifr.engine.functional import Float32Array
from classifr.state import State
from classifr.vision.local.embedding.backbones import LoadedBackbone

#: Images of each tag: enough to train on.
DISHES = {"pizza": 12, "risotto": 12}


async def train(app: FastAPI, admin: httpx.AsyncClient, project: UUID, **options: object) -> dict:
    """Train to the end; the iteration."""
    started = await admin.post(f"/projects/{project}/train", json=options)
    assert started.status_code == 202, started.text
    await run_jobs(app)
    return await read(admin, project, started.json()["id"])


async def read(admin: httpx.AsyncClient, project: UUID, iteration: str) -> dict:
    answer = await admin.get(f"/projects/{project}/iterations/{iteration}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def keys(state: State, prefix: str = "iterations/") -> set[str]:
    return {found.key async for found in state.storage.list(prefix)}


@asynccontextmanager
async def jobs_running(app: FastAPI) -> AsyncIterator[asyncio.Task[None]]:
    """A worker meanwhile, which ends when the line is empty."""
    running = asyncio.create_task(run_jobs(app))
    yield running
    async with asyncio.timeout(30):
        await running


async def until_stage(admin: httpx.AsyncClient, project: UUID, iteration: str, stage: str) -> None:
    async with asyncio.timeout(20):
        while (await read(admin, project, iteration))["stage"] != stage:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def slow_down(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.2) -> None:
    """Have the backbone take its time."""
    original = LoadedBackbone.embeddings

    def embeddings(self: LoadedBackbone, images: np.ndarray) -> Float32Array:
        time.sleep(seconds)
        return original(self, images)

    monkeypatch.setattr(LoadedBackbone, "embeddings", embeddings)


async def jobs_in_line(state: State) -> int:
    async with state.database.transaction() as session:
        return await session.scalar(text("select count(*) from procrastinate_jobs"))
