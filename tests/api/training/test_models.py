"""What a training is refused for, and the model that comes of one."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from tests.albums import add_images, dish, make_album
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs
from tests.api.training.steps import (
    DISHES,
    jobs_running,
    read,
    slow_down,
    train,
)
from tests.backbones import write_backbone

from classifr.database.models import Iteration, TrainingImage
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.classifier import classifier_from_bytes, classify
from classifr.engine.learning.split import is_held_out
from classifr.errors import NotReady
from classifr.kinds import ClassificationType, IterationStatus, TagType, TrainingType
from classifr.state import State
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.iterations.evaluation import evaluation_from_bytes
from classifr.vision.local.iterations.files import evaluation_key, model_key
from classifr.vision.local.iterations.service import LocalIterations
from classifr.vision.port import BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID


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


async def test_worker_without_the_backbone_that_was_asked_for_says_so(
    app: FastAPI, state: State, admin: httpx.AsyncClient, project: UUID, tmp_path: Path
) -> None:
    # No other test has left a copy of one with this name.
    brought = write_backbone(tmp_path / "brought", name="only here")
    async with state.database.transaction() as session:
        backbones = Backbones(tmp_path, str(brought))
        iterations = LocalIterations(session, state.storage, backbones, state.settings)
        queued = await iterations.train(project, training_type=TrainingType.REGULAR)
    assert queued.backbone.startswith("only here:")

    # The worker's settings name no backbone, and the copies are elsewhere.
    await run_jobs(app)
    failed = await read(admin, project, str(queued.id))
    assert failed["status"] == "failed"
    assert queued.backbone in failed["error"]
    assert "CLASSIFR_BACKBONE" in failed["error"]


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
