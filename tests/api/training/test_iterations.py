"""Iterations as they are trained, found, deleted and tidied up after."""

import importlib
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from tests.albums import add_images
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs
from tests.api.training.steps import keys, read, slow_down, train

from classifr.cli.serving.working import make_worker
from classifr.database.models import (
    Embedding,
    Iteration,
)
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.state import State
from classifr.vision.local.iterations.files import evaluation_key, model_key
from classifr.vision.local.training import progress as training_progress
from classifr.vision.local.work import LocalWork


async def test_progress_rises_and_is_written_at_most_twice_a_second(
    app: FastAPI,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow_down(monkeypatch, 0.15)
    written: list[tuple[float, str, float, float | None]] = []
    original = training_progress.report

    async def report(
        database: object, iteration_id: UUID, progress: training_progress.TrainingProgress
    ) -> None:
        written.append((time.monotonic(), progress.stage, progress.share, progress.seconds_left))
        await original(database, iteration_id, progress)

    # Imported with the first job, it takes the function as it is then.
    importlib.import_module("classifr.vision.local.training.job")
    monkeypatch.setattr(training_progress, "report", report)
    await train(app, admin, project)
    times, stages, shares, left = zip(*written, strict=True)
    assert len(written) >= 4
    assert np.diff(times).min() > 0.45
    assert list(shares) == sorted(shares)
    assert shares[-1] > shares[0]
    assert stages[0] == "embedding"
    assert left[-1] < left[1]


async def test_iterations_are_found_by_id_name_published_name_and_latest(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    first = await train(app, admin, project)
    second = await train(app, admin, project, force=True)
    third = (await admin.post(f"/projects/{project}/train", json={"force": True})).json()
    async with state.database.transaction() as session:
        await session.execute(
            update(Iteration)
            .where(Iteration.id == UUID(first["id"]))
            .values(published_name="default")
        )
    addresses = {
        first["id"]: 1,
        "Iteration 2": 2,
        "default": 1,
        "latest": 2,
        "Iteration 3": 3,
    }
    for address, number in addresses.items():
        assert (await read(admin, project, address))["number"] == number
    listed = (await admin.get(f"/projects/{project}/iterations")).json()["items"]
    assert [iteration["number"] for iteration in listed] == [3, 2, 1]
    assert [iteration["is_published"] for iteration in listed] == [False, False, True]
    renamed = await admin.patch(
        f"/projects/{project}/iterations/{second['id']}", json={"name": "  More risotto  "}
    )
    assert renamed.json()["name"] == "More risotto"
    assert (await read(admin, project, "More risotto"))["id"] == second["id"]
    for name in ("", " ", "a\x00b", "x" * 257):
        bad = await admin.patch(
            f"/projects/{project}/iterations/{second['id']}", json={"name": name}
        )
        assert_error(bad, 422, "unprocessable")
    missing = await admin.get(f"/projects/{project}/iterations/Iteration 9")
    assert_error(missing, 404, "iteration_not_found")
    assert third["status"] == "queued"


async def test_deleted_iteration_takes_its_files_along(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    first = await train(app, admin, project)
    address = f"/projects/{project}/iterations/{first['id']}"
    async with state.database.transaction() as session:
        of_first = update(Iteration).where(Iteration.id == UUID(first["id"]))
        await session.execute(of_first.values(published_name="default"))
    assert_error(await admin.delete(address), 409, "iteration_published")
    async with state.database.transaction() as session:
        await session.execute(of_first.values(published_name=None))
    assert len(await keys(state)) == 2
    assert (await admin.delete(address)).status_code == 204
    assert await keys(state) == set()
    assert_error(await admin.get(address), 404, "iteration_not_found")
    # Its number is never given again.
    assert (await train(app, admin, project))["number"] == 2


async def test_tidying_deletes_what_no_row_needs(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = await train(app, admin, project)
    await state.storage.put(model_key(uuid4()), b"left by a crash")
    await state.storage.put("iterations/nonsense", b"left by somebody")
    async with state.database.transaction() as session:
        session.add(Embedding(sha256="0" * 64, backbone="x", vector=b""))
    work = LocalWork(state.database, state.storage, state.settings)
    await work.tidy()
    assert len(await keys(state)) == 4  # Too young to be sure of.
    monkeypatch.setattr(
        "classifr.vision.local.retention._ITERATION_ORPHAN_AGE", timedelta(minutes=-1)
    )
    await work.tidy()
    iteration_id = UUID(done["id"])
    assert await keys(state) == {model_key(iteration_id), evaluation_key(iteration_id)}
    async with state.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Embedding)) == 24


async def test_another_backbone_embeds_in_the_background(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID, embedded: Counter[str]
) -> None:
    await train(app, admin, project)
    async with state.database.transaction() as session:
        # As if everything had been embedded with another backbone.
        await session.execute(update(Embedding).values(backbone="another"))
    await make_worker(state.database, state.storage, state.settings).run_until_empty()
    assert embedded["images"] == 48
    async with state.database.transaction() as session:
        of_present = Embedding.backbone == EFFICIENTNET_LITE0.key
        count = select(func.count()).select_from(Embedding).where(of_present)
        assert await session.scalar(count) == 24
    await run_jobs(app)
    assert embedded["images"] == 48


async def test_only_the_tags_that_are_named_are_learned(
    app: FastAPI, admin: httpx.AsyncClient, state: State, project: UUID
) -> None:
    await add_images(state.database, state.vision, project, {"wine": 12, "rare": 1})
    trained = await train(app, admin, project, tags=["wine", "pizza"])
    assert {tag["name"] for tag in trained["tags"]} == {"wine", "pizza"}
    assert trained["image_count"] == 24
    unknown = await admin.post(f"/projects/{project}/train", json={"tags": ["beer"]})
    assert_error(unknown, 404, "tag_not_found")
