"""Trainings that are cancelled, that fail, and that lose their job or their worker."""

import asyncio
import time
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.albums import make_album
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs
from tests.api.training.steps import (
    jobs_in_line,
    jobs_running,
    keys,
    read,
    slow_down,
    train,
    until_stage,
)

from classifr.database.models import Iteration, TrainingImage
from classifr.engine.learning.progress import OnProgress
from classifr.errors import StorageFull, StorageUnavailable
from classifr.jobs.attempts import MOST_ATTEMPTS
from classifr.kinds import TrainingType
from classifr.state import State
from classifr.storage.local import LocalStorage
from classifr.vision.local.training import job, rows
from classifr.vision.local.training.rows import Completion, TrainingJob


async def test_waiting_training_is_cancelled_at_once(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    started = (await admin.post(f"/projects/{project}/train")).json()
    cancel = f"/projects/{project}/iterations/{started['id']}/cancel"
    assert (await admin.post(cancel)).json()["status"] == "cancelled"
    assert_error(await admin.post(cancel), 409, "not_training")
    await run_jobs(app)
    assert (await read(admin, project, started["id"]))["status"] == "cancelled"
    assert await keys(state) == set()


@pytest.mark.parametrize("stage", ["embedding", "fitting"])
async def test_running_training_is_cancelled_soon(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    def fit_for_ever(*_: object, on_progress: OnProgress, **__: object) -> None:
        while True:
            on_progress(0.5)
            time.sleep(0.01)

    if stage == "embedding":
        slow_down(monkeypatch, 0.5)
    else:
        monkeypatch.setattr(job, "train_model", fit_for_ever)
    started = (await admin.post(f"/projects/{project}/train")).json()
    address = f"/projects/{project}/iterations/{started['id']}"
    async with jobs_running(app):
        await until_stage(admin, project, started["id"], stage)
        # Not to be deleted meanwhile, nor trained again.
        assert_error(await admin.delete(address), 409, "training_in_progress")
        again = await admin.post(f"/projects/{project}/train")
        assert_error(again, 409, "training_in_progress")
        began = time.monotonic()
        assert (await admin.post(f"{address}/cancel")).json()["status"] == "training"
        async with asyncio.timeout(2):
            while (await read(admin, project, started["id"]))["stage"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert time.monotonic() - began < 2
        assert (await read(admin, project, started["id"]))["status"] == "cancelled"
    assert await keys(state) == set()
    assert (await admin.post(f"/projects/{project}/train")).status_code == 202


async def test_project_deleted_during_its_training_leaves_nothing(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow_down(monkeypatch)
    started = (await admin.post(f"/projects/{project}/train")).json()
    async with jobs_running(app):
        await until_stage(admin, project, started["id"], "embedding")
        assert (await admin.delete(f"/projects/{project}")).status_code == 204
    async with state.database.transaction() as session:
        iteration = await session.get_one(Iteration, UUID(started["id"]))
        assert iteration.status == "cancelled"
    assert await keys(state) == set()


async def test_image_that_is_gone_is_skipped_and_counted(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    async with state.database.transaction() as session:
        gone, damaged = (await session.scalars(select(TrainingImage).limit(2))).all()
    await state.storage.delete(gone.image_key)
    await state.storage.put(damaged.image_key, b"\x89PNG\r\n\x1a\n and nothing more")
    done = await train(app, admin, project)
    assert (done["status"], done["image_count"]) == ("completed", 22)
    assert done["summary"]["skipped_images"] == 2


async def test_too_many_images_gone_fail_with_a_sentence(
    app: FastAPI, state: State, admin: httpx.AsyncClient
) -> None:
    project = await make_album(state.database, state.vision, {"pizza": 6, "risotto": 6})
    async with state.database.transaction() as session:
        images = (await session.scalars(select(TrainingImage).order_by(TrainingImage.name))).all()
    for image in images[:2]:
        await state.storage.delete(image.image_key)
    done = await train(app, admin, project)
    assert done["status"] == "failed"
    assert "“pizza” has 4" in done["error"]
    assert "pizza-0.png" in done["error"]
    assert await keys(state) == set()


async def test_full_disk_fails_the_training_and_leaves_no_file(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = LocalStorage.put

    async def put(self: LocalStorage, key: str, data: bytes, *, is_durable: bool = False) -> None:
        if key.endswith("model.npz"):
            raise StorageFull
        await original(self, key, data, is_durable=is_durable)

    monkeypatch.setattr(LocalStorage, "put", put)
    done = await train(app, admin, project)
    assert done["status"] == "failed"
    assert "no room left" in done["error"]
    assert await keys(state) == set()
    monkeypatch.setattr(LocalStorage, "put", original)
    assert (await train(app, admin, project))["status"] == "completed"


async def test_storage_that_stays_away_fails_the_training_in_the_end(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def get(self: LocalStorage, key: str) -> bytes:
        raise StorageUnavailable

    monkeypatch.setattr(LocalStorage, "get", get)
    started = await train(app, admin, project)
    assert started["status"] == "training"
    for attempt in range(2, MOST_ATTEMPTS + 1):
        async with state.database.transaction() as session:
            due = await session.execute(
                text("update procrastinate_jobs set scheduled_at = now() returning attempts")
            )
            assert due.scalars().all() == [attempt - 1]
        await run_jobs(app)
    failed = await read(admin, project, started["id"])
    assert failed["status"] == "failed"
    assert failed["error"].startswith("The image storage does not answer.")
    assert await jobs_in_line(state) == 0


async def test_training_that_always_kills_its_worker_ends(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    started = (await admin.post(f"/projects/{project}/train")).json()
    async with state.database.transaction() as session:
        await session.execute(text(f"update procrastinate_jobs set attempts = {MOST_ATTEMPTS}"))
    await run_jobs(app)
    failed = await read(admin, project, started["id"])
    assert failed["status"] == "failed"
    assert "interrupted 10 times" in failed["error"]


async def test_worker_that_comes_second_leaves_the_model_of_the_first(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = rows.complete

    async def complete(session: AsyncSession, job: TrainingJob, completion: Completion) -> bool:
        async with state.database.transaction() as first:
            assert await original(first, job, completion)
        return await original(session, job, completion)

    monkeypatch.setattr(rows, "complete", complete)
    done = await train(app, admin, project)
    assert done["status"] == "completed"
    assert len(await keys(state)) == 2


async def test_mistake_of_ours_fails_with_a_sentence(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(job, "train_model", fail)
    done = await train(app, admin, project)
    assert done["status"] == "failed"
    assert "unexpectedly (ZeroDivisionError)" in done["error"]
    assert await jobs_in_line(state) == 0


async def test_iteration_whose_job_is_lost_is_lined_up_again(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    started = (await admin.post(f"/projects/{project}/train")).json()
    async with state.database.transaction() as session:
        await session.execute(text("delete from procrastinate_jobs"))
    await run_jobs(app)
    assert (await read(admin, project, started["id"]))["status"] == "completed"


async def test_refused_request_puts_nothing_in_line(
    state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    async with state.database.transaction() as session:
        iterations = state.vision.workspace(session).iterations
        await iterations.train(project, training_type=TrainingType.REGULAR)
        await session.rollback()
    assert await jobs_in_line(state) == 0
