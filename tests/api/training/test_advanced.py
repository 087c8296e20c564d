"""Advanced trainings: more views of each image, within a budget."""

import asyncio
import time
from collections import Counter
from uuid import UUID

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, text
from tests.api.jobs import run_jobs
from tests.api.training.steps import (
    jobs_in_line,
    jobs_running,
    read,
    slow_down,
    train,
)

from classifr.database.models import (
    Embedding,
    TrainingImage,
)
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.classifier import classifier_from_bytes
from classifr.state import State
from classifr.vision.local.iterations.files import model_key
from classifr.vision.local.training import rows
from classifr.vision.local.work import LocalWork

ADVANCED = {"training_type": "Advanced"}


async def embeddings_by_view(state: State) -> dict[str, int]:
    """How many there are under each key, without the present backbone's own."""
    query = select(Embedding.backbone, func.count()).group_by(Embedding.backbone)
    async with state.database.transaction() as session:
        rows = (await session.execute(query)).all()
    return {key.removeprefix(EFFICIENTNET_LITE0.key): count for key, count in rows}


async def test_advanced_training_learns_from_three_views(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    embedded: Counter[str],
) -> None:
    regular = await train(app, admin, project)
    assert (regular["summary"]["views"], embedded["images"]) == (1, 24)
    first = await train(app, admin, project, **ADVANCED)
    assert first["status"] == "completed", first["error"]
    assert (first["summary"]["views"], embedded["images"]) == (3, 72)
    assert await embeddings_by_view(state) == {"": 24, ":mirrored": 24, ":middle": 24}
    second = await train(app, admin, project, **ADVANCED, force=True)
    assert (second["summary"]["views"], embedded["images"]) == (3, 72)

    models = [await state.storage.get(model_key(UUID(it["id"]))) for it in (regular, first, second)]
    assert models[1] == models[2]
    heads = [classifier_from_bytes(model).head for model in models]
    assert (heads[0].weights != heads[1].weights).any()
    assert first["backbone"] == EFFICIENTNET_LITE0.key


async def test_advanced_training_embeds_only_what_a_stopped_one_left(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    embedded: Counter[str],
) -> None:
    await train(app, admin, project, **ADVANCED)
    async with state.database.transaction() as session:
        is_middle = Embedding.backbone == f"{EFFICIENTNET_LITE0.key}:middle"
        await session.execute(delete(Embedding).where(is_middle, Embedding.sha256 < "a"))
    there = await embeddings_by_view(state)
    assert 0 < there[":middle"] < 24
    await train(app, admin, project, **ADVANCED, force=True)
    assert embedded["images"] == 72 + 24 - there[":middle"]
    assert (await embeddings_by_view(state))[":middle"] == 24


@pytest.mark.parametrize("left", ["nothing", "one view and a half"])
async def test_budget_that_ends_leaves_out_the_views_that_are_not_whole(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
    left: str,
) -> None:
    monkeypatch.setattr(rows, "_HOUR_SECONDS", 0.0)
    if left != "nothing":
        async with state.database.transaction() as session:
            sha256s = (await session.scalars(select(TrainingImage.sha256))).all()
            some = np.ones(EFFICIENTNET_LITE0.dimension, np.float32).tobytes()
            for view, count in (("mirrored", 12), ("middle", 24)):
                key = f"{EFFICIENTNET_LITE0.key}:{view}"
                session.add_all(
                    Embedding(sha256=sha256, backbone=key, vector=some)
                    for sha256 in sha256s[:count]
                )
    regular = await train(app, admin, project)
    done = await train(app, admin, project, **ADVANCED)
    assert done["status"] == "completed", done["error"]
    models = [await state.storage.get(model_key(UUID(it["id"]))) for it in (regular, done)]
    if left == "nothing":
        assert done["summary"] == regular["summary"]
        assert models[0] == models[1]
    else:
        # The half view that was there is not embedded further, and not learned from.
        assert done["summary"]["views"] == 2
        assert (await embeddings_by_view(state))[":mirrored"] == 12
        assert models[0] != models[1]


async def test_budget_ends_in_the_midst_of_a_view(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await train(app, admin, project)
    slow_down(monkeypatch, 0.3)
    monkeypatch.setattr(rows, "_HOUR_SECONDS", 0.4)
    done = await train(app, admin, project, **ADVANCED, budget_hours=1)
    assert (done["status"], done["summary"]["views"]) == ("completed", 1)
    # What was embedded is kept for the next time.
    there = await embeddings_by_view(state)
    assert 0 < there[":mirrored"] < 24
    assert ":middle" not in there
    monkeypatch.setattr(rows, "_HOUR_SECONDS", 3600.0)
    done = await train(app, admin, project, **ADVANCED, force=True)
    assert done["summary"]["views"] == 3


async def test_budget_counts_from_the_first_start(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    started = await admin.post(f"/projects/{project}/train", json={**ADVANCED, "budget_hours": 2})
    async with state.database.transaction() as session:
        begun = text("update iterations set started_at = now() - interval '90 minutes'")
        await session.execute(begun)
        job = await rows.find_job(session, UUID(started.json()["id"]))
    assert job is not None
    assert job.budget_seconds_left == pytest.approx(30 * 60, abs=5)


async def test_image_that_is_gone_is_skipped_in_every_view(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    async with state.database.transaction() as session:
        gone = (await session.scalars(select(TrainingImage).limit(1))).one()
    await state.storage.delete(gone.image_key)
    done = await train(app, admin, project, **ADVANCED)
    assert (done["summary"]["skipped_images"], done["summary"]["views"]) == (1, 3)


async def test_advanced_training_is_cancelled_while_it_embeds_views(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await train(app, admin, project)
    slow_down(monkeypatch, 0.5)
    started = (await admin.post(f"/projects/{project}/train", json=ADVANCED)).json()
    address = f"/projects/{project}/iterations/{started['id']}"
    async with jobs_running(app):
        async with asyncio.timeout(20):
            while not (await read(admin, project, started["id"]))["progress"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (await read(admin, project, started["id"]))["stage"] == "embedding"
        began = time.monotonic()
        await admin.post(f"{address}/cancel")
        async with asyncio.timeout(2):
            while (await read(admin, project, started["id"]))["stage"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert time.monotonic() - began < 2
    assert (await read(admin, project, started["id"]))["status"] == "cancelled"


async def test_tidying_and_another_backbone_know_the_views(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID, embedded: Counter[str]
) -> None:
    await train(app, admin, project, **ADVANCED)
    work = LocalWork(state.database, state.storage, state.settings)
    async with state.database.transaction() as session:
        other = f"{EFFICIENTNET_LITE0.key}:middle"
        session.add(Embedding(sha256="0" * 64, backbone=other, vector=b""))
    await work.tidy()
    views = {"": 24, ":mirrored": 24, ":middle": 24}
    assert await embeddings_by_view(state) == views
    # The views alone are of this backbone, not of another one.
    async with state.database.transaction() as session:
        is_plain = Embedding.backbone == EFFICIENTNET_LITE0.key
        await session.execute(delete(Embedding).where(is_plain))
    await work.begin()
    assert await jobs_in_line(state) == 0
    async with state.database.transaction() as session:
        await session.execute(text("update embeddings set backbone = 'another:' || backbone"))
    await work.begin()
    await run_jobs(app)
    assert embedded["images"] == 72 + 24
    assert (await embeddings_by_view(state))[""] == 24
