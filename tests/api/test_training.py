"""Training over the API: what is refused, what comes of it, and what can be done meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, text, update
from tests.albums import add_images, dish, make_album
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs

from classifr.cli.working import make_worker
from classifr.database.models import (
    ClassificationType,
    Embedding,
    Iteration,
    IterationStatus,
    TagType,
    TrainingImage,
    TrainingType,
)
from classifr.engine.backbone import EFFICIENTNET_LITE0
from classifr.engine.classifier import classifier_from_bytes, classify
from classifr.engine.functional import Float32Array
from classifr.engine.progress import OnProgress
from classifr.engine.split import is_held_out
from classifr.errors import NotReady, StorageFull, StorageUnavailable
from classifr.jobs.attempts import MOST_ATTEMPTS
from classifr.state import State
from classifr.storage.local import LocalStorage
from classifr.vision.local import training, training_progress, training_rows
from classifr.vision.local.backbones import Backbones, LoadedBackbone
from classifr.vision.local.evaluation import evaluation_from_bytes
from classifr.vision.local.iteration_files import evaluation_key, model_key
from classifr.vision.local.iterations import LocalIterations
from classifr.vision.local.work import LocalWork
from classifr.vision.port import BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID

DISHES = {"pizza": 12, "risotto": 12}


@pytest.fixture(autouse=True)
async def _no_files_from_other_tests(state: State) -> None:
    for key in await keys(state):
        await state.storage.delete(key)


@pytest.fixture
async def project(state: State) -> UUID:
    """A project that can be trained."""
    return await make_album(state.database, state.vision, DISHES)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the images that a backbone looks at, under `images`."""
    counts: Counter[str] = Counter()
    original = LoadedBackbone.embeddings

    def embeddings(self: LoadedBackbone, images: np.ndarray) -> Float32Array:
        counts["images"] += len(images)
        return original(self, images)

    monkeypatch.setattr(LoadedBackbone, "embeddings", embeddings)
    return counts


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


async def test_training_makes_a_model_and_its_evaluation(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    answer = await admin.post(f"/projects/{project}/train")
    assert answer.status_code == 202
    started = answer.json()
    assert (started["status"], started["name"], started["progress"]) == ("queued", "Iteration 1", 0)
    await run_jobs(app)

    done = await read(admin, project, "latest")
    assert (done["status"], done["progress"], done["stage"], done["error"]) == (
        *("completed", 1, None, None),
    )
    assert (done["image_count"], done["backbone"]) == (24, EFFICIENTNET_LITE0.key)
    assert [tag["name"] for tag in done["tags"]] == ["pizza", "risotto"]
    assert done["started_at"] <= done["trained_at"]
    assert done["summary"]["top1"] == 1
    assert done["summary"]["skipped_images"] == 0

    iteration_id = UUID(done["id"])
    classifier = classifier_from_bytes(await state.storage.get(model_key(iteration_id)))
    assert classifier.tags == ("pizza", "risotto")
    evaluation = evaluation_from_bytes(await state.storage.get(evaluation_key(iteration_id)))
    async with state.database.transaction() as session:
        rows = (await session.execute(select(TrainingImage.id, TrainingImage.sha256))).all()
    held_out = {row.id for row in rows if is_held_out(row.sha256)}
    assert set(evaluation.image_ids) == held_out
    assert len(held_out) == done["summary"]["held_out_images"]
    assert [str(tag_id) for tag_id in evaluation.tag_ids] == [tag["id"] for tag in done["tags"]]
    assert (evaluation.labels.sum(axis=1) == 1).all()
    assert (evaluation.probabilities.argmax(axis=1) == evaluation.labels.argmax(axis=1)).all()


async def test_model_tells_new_images_apart(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    done = await train(app, admin, project)
    classifier = classifier_from_bytes(await state.storage.get(model_key(UUID(done["id"]))))
    loaded = Backbones(state.settings.data_dir / "models").for_training()
    for position, tag in enumerate(classifier.tags):
        pixels = loaded.pixels(dish(sum(tag.encode()), 500))[np.newaxis]
        answer = classify(classifier, loaded.embeddings(pixels))
        assert answer.probabilities[0].argmax() == position


async def test_training_twice_gives_the_same_bytes(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    first = await train(app, admin, project)
    async with state.database.transaction() as session:
        # Neither the order in the database nor what was computed before may matter.
        await session.execute(text("delete from embeddings"))
        await session.execute(update(TrainingImage).values(created_at=func.now()))
    second = await train(app, admin, project, force=True)
    assert first["summary"] == second["summary"]
    for key in (model_key, evaluation_key):
        one, other = [await state.storage.get(key(UUID(it["id"]))) for it in (first, second)]
        assert one == other


async def test_order_in_which_images_came_changes_no_model(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    first = await train(app, admin, project)
    other = await make_album(
        state.database, state.vision, {"pizza": 0, "risotto": 0}, name="Other order"
    )
    for seed in range(11, -1, -1):
        await add_images(
            state.database, state.vision, other, {"risotto": 1, "pizza": 1}, first_seed=seed
        )
    second = await train(app, admin, other)
    models = [await state.storage.get(model_key(UUID(it["id"]))) for it in (first, second)]
    assert models[0] == models[1]
    assert first["summary"] == second["summary"]


async def test_too_little_to_learn_from_is_refused(state: State, admin: httpx.AsyncClient) -> None:
    empty = await make_album(state.database, state.vision, {}, name="Empty")
    sentence = assert_error(await admin.post(f"/projects/{empty}/train"), 409, "too_few_tags")
    assert "none has" in sentence
    one = await make_album(state.database, state.vision, {"pizza": 6, "risotto": 0}, name="One")
    sentence = assert_error(await admin.post(f"/projects/{one}/train"), 409, "too_few_tags")
    assert "only “pizza”" in sentence
    few = await make_album(
        state.database, state.vision, {"pizza": 6, "cannoli": 3, "risotto": 0}, name="Few"
    )
    sentence = assert_error(await admin.post(f"/projects/{few}/train"), 409, "too_few_images")
    assert "“cannoli” has 3 and “risotto” has none" in sentence
    assert "pizza" not in sentence
    assert (await admin.get(f"/projects/{few}/iterations")).json() == {"items": [], "next": None}


async def test_project_must_exist_and_be_ones_own(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, project: UUID
) -> None:
    builtin = await admin.post(f"/projects/{BUILTIN_PROJECT_ID}/train")
    assert_error(builtin, 409, "builtin_project")
    assert_error(await admin.post(f"/projects/{uuid4()}/train"), 404, "project_not_found")
    assert_error(await lucia.post(f"/projects/{project}/train"), 403, "admin_only")
    nonsense = await admin.post(f"/projects/{project}/train", json={"training_type": "Quick"})
    assert_error(nonsense, 422, "unprocessable")


async def test_builtin_iteration_is_not_changed(admin: httpx.AsyncClient) -> None:
    address = f"/projects/{BUILTIN_PROJECT_ID}/iterations/{IMAGENET_ITERATION_ID}"
    renamed = await admin.patch(address, json={"name": "Mine"})
    assert_error(renamed, 409, "builtin_project")
    assert_error(await admin.delete(address), 409, "builtin_project")
    assert (await admin.get(address)).json()["name"] == "ImageNet"


async def test_missing_backbone_is_told_to_whoever_trains(
    state: State, admin: httpx.AsyncClient, project: UUID, tmp_path: Path
) -> None:
    backbones = Backbones(tmp_path, str(tmp_path / "nowhere"))
    async with state.database.transaction() as session:
        iterations = LocalIterations(session, state.storage, backbones, state.settings)
        with pytest.raises(NotReady, match="nowhere"):
            await iterations.train(project, training_type=TrainingType.REGULAR)


async def test_nothing_new_is_not_trained_unless_forced(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    await train(app, admin, project)
    answer = await admin.post(f"/projects/{project}/train")
    assert "Iteration 1" in assert_error(answer, 409, "training_not_needed")
    assert (await train(app, admin, project, force=True))["status"] == "completed"
    # Another kind of training is something new, and so is another tag on an image.
    answer = await admin.post(f"/projects/{project}/train", json={"training_type": "Advanced"})
    assert answer.status_code == 202
    cancel = f"/projects/{project}/iterations/{answer.json()['id']}/cancel"
    assert (await admin.post(cancel)).status_code == 200
    async with state.database.transaction() as session:
        workspace = state.vision.workspace(session)
        images = await workspace.images.list(project, limit=1)
        tags = {tag.name: tag.id for tag in await workspace.tags.list(project)}
        other = tags["risotto" if images[0].tags[0].name == "pizza" else "pizza"]
        await workspace.images.retag(project, [images[0].id], add=[other])
    assert (await admin.post(f"/projects/{project}/train")).status_code == 202


async def test_renaming_a_tag_changes_no_model(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    await train(app, admin, project)
    async with state.database.transaction() as session:
        tags = state.vision.workspace(session).tags
        await tags.update(project, (await tags.list(project))[0].id, name="A new name")
    assert_error(await admin.post(f"/projects/{project}/train"), 409, "training_not_needed")


async def test_tag_renamed_during_the_training_has_its_new_name(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow_down(monkeypatch, 0.2)
    started = (await admin.post(f"/projects/{project}/train")).json()
    async with jobs_running(app):
        async with asyncio.timeout(20):
            while not (await read(admin, project, started["id"]))["progress"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with state.database.transaction() as session:
            tags = state.vision.workspace(session).tags
            pizza = next(tag for tag in await tags.list(project) if tag.name == "pizza")
            await tags.update(project, pizza.id, name="margherita")
    done = await read(admin, project, started["id"])
    assert {tag["name"] for tag in done["tags"]} == {"margherita", "risotto"}


async def test_one_training_at_a_time_even_if_two_ask_at_once(
    admin: httpx.AsyncClient, project: UUID
) -> None:
    answers = await asyncio.gather(*(admin.post(f"/projects/{project}/train") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert_error(answer, 409, "training_in_progress")


async def test_iterations_are_limited(
    state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    most = state.settings.training.max_iterations
    async with state.database.transaction() as session:
        for number in range(1, most + 1):
            session.add(
                Iteration(
                    project_id=project,
                    number=number,
                    name=f"Iteration {number}",
                    status=IterationStatus.COMPLETED,
                )
            )
    answer = await admin.post(f"/projects/{project}/train")
    assert f"{most} iterations" in assert_error(answer, 409, "limit_reached")
    deleted = await admin.delete(f"/projects/{project}/iterations/Iteration 3")
    assert deleted.status_code == 204
    started = (await admin.post(f"/projects/{project}/train")).json()
    assert started["number"] == most + 1


async def test_only_new_images_are_embedded(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    embedded: Counter[str],
) -> None:
    await train(app, admin, project)
    assert embedded["images"] == 24
    await add_images(state.database, state.vision, project, {"cannoli": 6, "pizza": 2})
    # Two of those were there already.
    done = await train(app, admin, project)
    assert embedded["images"] == 24 + 6
    assert {tag["name"] for tag in done["tags"]} == {"pizza", "risotto", "cannoli"}


async def test_same_image_in_another_project_is_embedded_once(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID, embedded: Counter[str]
) -> None:
    await train(app, admin, project)
    other = await make_album(state.database, state.vision, DISHES, name="Copy")
    assert (await train(app, admin, other))["status"] == "completed"
    assert embedded["images"] == 24


async def test_images_without_a_tag_are_left_alone(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID, embedded: Counter[str]
) -> None:
    async with state.database.transaction() as session:
        workspace = state.vision.workspace(session)
        image = (await workspace.images.list(project, limit=1))[0]
        await workspace.images.retag(project, [image.id], remove=[image.tags[0].id])
    assert (await train(app, admin, project))["image_count"] == 23
    assert embedded["images"] == 23


async def test_multilabel_and_negative_tags_are_outputs(
    app: FastAPI, state: State, admin: httpx.AsyncClient
) -> None:
    project = await make_album(
        state.database,
        state.vision,
        {"pizza": 10, "risotto": 10, "nothing": 10},
        classification_type=ClassificationType.MULTILABEL,
    )
    async with state.database.transaction() as session:
        workspace = state.vision.workspace(session)
        tags = {tag.name: tag.id for tag in await workspace.tags.list(project)}
        await workspace.tags.update(project, tags["nothing"], tag_type=TagType.NEGATIVE)
        both = await workspace.images.list(project, tag_ids=[tags["pizza"]], limit=5)
        await workspace.images.retag(project, [image.id for image in both], add=[tags["risotto"]])
    done = await train(app, admin, project)
    assert done["status"] == "completed", done["error"]
    assert {tag["name"]: tag["type"] for tag in done["tags"]} == {
        "pizza": "Regular",
        "risotto": "Regular",
        "nothing": "Negative",
    }
    evaluation = evaluation_from_bytes(await state.storage.get(evaluation_key(UUID(done["id"]))))
    assert evaluation.head.kind == "multilabel"
    assert evaluation.probabilities.shape[1] == 3


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
        monkeypatch.setattr(training, "train_model", fit_for_ever)
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


async def jobs_in_line(state: State) -> int:
    async with state.database.transaction() as session:
        return await session.scalar(text("select count(*) from procrastinate_jobs"))


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


async def test_mistake_of_ours_fails_with_a_sentence(
    app: FastAPI,
    state: State,
    admin: httpx.AsyncClient,
    project: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(training, "train_model", fail)
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
    monkeypatch.setattr("classifr.vision.local.work._ORPHAN_AGE", timedelta(minutes=-1))
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
    monkeypatch.setattr(training_rows, "_HOUR_SECONDS", 0.0)
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
    monkeypatch.setattr(training_rows, "_HOUR_SECONDS", 0.4)
    done = await train(app, admin, project, **ADVANCED, budget_hours=1)
    assert (done["status"], done["summary"]["views"]) == ("completed", 1)
    # What was embedded is kept for the next time.
    there = await embeddings_by_view(state)
    assert 0 < there[":mirrored"] < 24
    assert ":middle" not in there
    monkeypatch.setattr(training_rows, "_HOUR_SECONDS", 3600.0)
    done = await train(app, admin, project, **ADVANCED, force=True)
    assert done["summary"]["views"] == 3


async def test_budget_counts_from_the_first_start(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID
) -> None:
    started = await admin.post(f"/projects/{project}/train", json={**ADVANCED, "budget_hours": 2})
    async with state.database.transaction() as session:
        begun = text("update iterations set started_at = now() - interval '90 minutes'")
        await session.execute(begun)
        job = await training_rows.find_job(session, UUID(started.json()["id"]))
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
