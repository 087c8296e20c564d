"""Who answers a prediction: published iterations, by project and by name."""

import asyncio
import io
import json
import shutil
import zipfile
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import onnxruntime
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.albums import dish, make_album
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs
from tests.backbones import write_backbone
from tests.pictures import jpeg
from tests.trained import DISHES, make_classifier, make_images, make_iteration, make_project

from classifr.database.models import Prediction
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.classifier import classify
from classifr.engine.images.preprocessing import preprocess
from classifr.state import State
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.port import IMAGENET_ITERATION_ID


@pytest.fixture
async def project_id(state: State) -> UUID:
    return await make_project(state)


async def post(client: httpx.AsyncClient, path: str, status: int = 200, **body: object) -> dict:
    response = await client.post(path, json=body)
    assert response.status_code == status, response.text
    return response.json()


async def publish(client: httpx.AsyncClient, iteration: object, **body: object) -> dict:
    path = f"/projects/Dishes/iterations/{iteration}/publish"
    published = await post(client, path, **body)
    await answers(client, UUID(published["id"]), published_name=published["published_name"])
    return published


async def predict(client: httpx.AsyncClient, data: bytes | None = None, **query: str) -> dict:
    files = {"image": ("photo.jpg", data or jpeg())}
    response = await client.post("/predict", files=files, params={"store": "false", **query})
    assert response.status_code == 200, response.text
    return response.json()


async def answers(client: httpx.AsyncClient, iteration: UUID, **query: str) -> dict:
    """Wait until the iteration answers, a second at most; its answer."""
    async with asyncio.timeout(1):
        while (found := await predict(client, project="Dishes", **query))["iteration_id"] != str(  # noqa: ASYNC110
            iteration
        ):
            await asyncio.sleep(0.01)
    return found


async def test_fresh_install_answers_with_imagenet(lucia: httpx.AsyncClient) -> None:
    answer = await predict(lucia)
    assert answer["project"] == answer["iteration"] == "ImageNet"
    assert answer["iteration_id"] == str(IMAGENET_ITERATION_ID)
    assert answer["novelty"] is None
    assert len(answer["predictions"]) == 1000


async def test_published_iteration_answers_and_is_recorded(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    published = await publish(admin, iteration)
    assert (published["published_name"], published["is_published"]) == ("default", True)
    answer = await predict(lucia)
    assert (answer["project"], answer["iteration"]) == ("Dishes", "Iteration 1")
    assert answer["iteration_id"] == str(iteration)
    assert {entry["tag"] for entry in answer["predictions"]} == set(DISHES)
    assert sum(entry["probability"] for entry in answer["predictions"]) == pytest.approx(1)
    assert set(answer["novelty"]) == {"score", "is_novel"}
    assert 0 <= answer["novelty"]["score"] < 1
    async with state.database.transaction() as session:
        recorded = await session.get_one(Prediction, UUID(answer["id"]))
    assert recorded.iteration_id == iteration
    tags = (await lucia.get("/tags")).json()["items"]
    assert [tag["name"] for tag in tags] == list(DISHES)


async def test_every_name_leads_to_its_iteration(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id, seed=n) for n in range(2)]
    await publish(admin, first, name="stable")
    await publish(admin, second, name="próxima ../x")
    for query, iteration in (
        ({}, second),
        ({"project": "Dishes"}, second),
        ({"project": str(project_id), "published_name": "stable"}, first),
        ({"published_name": "stable"}, first),
        ({"published_name": "próxima ../x"}, second),
        ({"project": "ImageNet"}, IMAGENET_ITERATION_ID),
    ):
        assert (await predict(lucia, **query))["iteration_id"] == str(iteration), query
    tags = (await lucia.get("/tags", params={"project": "ImageNet"})).json()["items"]
    assert len(tags) == 1000
    files = [("images", ("a.jpg", jpeg())), ("images", ("b.jpg", b"no"))]
    batch = await lucia.post("/predict/batch?project=Dishes&published_name=stable", files=files)
    good, bad = batch.json()["items"]
    assert good["prediction"]["iteration_id"] == str(first)
    assert bad["error"]["error"] == "image_format_unsupported"


async def test_unknown_names_are_not_found_and_leave_nothing(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    stored_before = {found.key async for found in state.storage.list("pending/")}

    async def status(**query: str) -> str:
        response = await lucia.post("/predict", files={"image": jpeg()}, params=query)
        assert_error(response, 404, response.json()["error"])
        tags = await lucia.get("/tags", params=query)
        assert_error(tags, 404, response.json()["error"])
        return response.json()["error"]

    assert await status(project="Nothing") == "project_not_found"
    assert await status(project="Dishes") == "not_published"
    await publish(admin, await make_iteration(state, project_id))
    assert await status(project="Dishes", published_name="other") == "not_published"
    assert await status(published_name="other") == "not_published"
    assert {found.key async for found in state.storage.list("pending/")} == stored_before
    async with state.database.transaction() as session:
        recorded = await session.scalar(select(func.count()).select_from(Prediction))
    assert recorded == 1  # By `publish`.


async def test_deleting_what_it_learned_from_does_not_silence_a_model(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    images = await make_images(state, project_id, [["cannoli"], ["risotto"]])
    iteration = await make_iteration(state, project_id)
    await publish(admin, iteration)
    before = await predict(lucia)
    tags = (await admin.get("/projects/Dishes/tags")).json()["items"]
    response = await admin.delete(f"/projects/Dishes/tags/{tags[0]['id']}")
    assert response.status_code == 204
    query = [("id", str(image)) for image in images]
    assert (await admin.delete("/projects/Dishes/images", params=query)).status_code == 200
    after = await predict(lucia)
    assert after["predictions"] == before["predictions"]
    assert after["iteration_id"] == str(iteration)


async def test_renamed_tag_shows_in_the_answers(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(admin, iteration)
    tags = (await admin.get("/projects/Dishes/tags")).json()["items"]
    response = await admin.patch(f"/projects/Dishes/tags/{tags[0]['id']}", json={"name": "cannolo"})
    assert response.status_code == 200
    async with asyncio.timeout(1):
        while "cannolo" not in str((await predict(lucia))["predictions"]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_tag_renamed_before_publishing_shows_in_the_answers_too(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    """The model's file has the old name."""
    iteration = await make_iteration(state, project_id)
    tags = (await admin.get("/projects/Dishes/tags")).json()["items"]
    response = await admin.patch(f"/projects/Dishes/tags/{tags[0]['id']}", json={"name": "cannolo"})
    assert response.status_code == 200
    files = {"image": ("photo.jpg", jpeg())}
    tried = await admin.post(f"/projects/Dishes/iterations/{iteration}/test", files=files)
    await publish(admin, iteration)
    for answer in (tried.json(), await predict(lucia)):
        assert {entry["tag"] for entry in answer["predictions"]} == {"cannolo", "risotto"}


async def test_what_is_published_is_not_deleted(
    admin: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(admin, iteration)
    detail = assert_error(await admin.delete("/projects/Dishes"), 409, "project_published")
    assert "Unpublish" in detail
    response = await admin.delete(f"/projects/Dishes/iterations/{iteration}")
    assert_error(response, 409, "iteration_published")
    await post(admin, "/projects/Dishes/iterations/default/unpublish")
    assert (await admin.delete(f"/projects/Dishes/iterations/{iteration}")).status_code == 204
    assert (await admin.delete("/projects/Dishes")).status_code == 204


async def test_user_story_of_publishing(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    """Publish, replace, unpublish, roll back, and look at the history."""
    first, second = [await make_iteration(state, project_id, seed=n) for n in range(2)]
    await publish(admin, first)
    path = f"/projects/Dishes/iterations/{second}"
    response = await admin.post(f"{path}/publish", json={"name": "default"})
    assert_error(response, 409, "published_name_taken")
    await publish(admin, second, replace=True)
    response = await admin.post(f"/projects/Dishes/iterations/{first}/unpublish", json={})
    assert_error(response, 409, "iteration_not_published")
    would_be = await admin.get("/projects/Dishes/rollback?name=default")
    assert would_be.json()["id"] == str(first)
    await answers(lucia, second)
    back = await post(admin, "/projects/Dishes/rollback")
    assert back["id"] == str(first)
    await answers(lucia, first)
    for nothing in (
        await admin.get("/projects/Dishes/rollback"),
        await admin.post("/projects/Dishes/rollback", json={}),
    ):
        assert_error(nothing, 409, "nothing_to_roll_back")
    await post(admin, f"/projects/Dishes/iterations/{first}/unpublish")
    async with asyncio.timeout(1):
        while (await predict(lucia))["project"] != "ImageNet":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    history = (await admin.get("/projects/Dishes/publications?limit=2")).json()
    assert [one["iteration"] for one in history["items"]] == ["Iteration 1", "Iteration 2"]
    assert {one["username"] for one in history["items"]} == {"admin"}
    assert all(one["unpublished_at"] for one in history["items"])
    rest = await admin.get("/projects/Dishes/publications", params={"cursor": history["next"]})
    assert [one["iteration_id"] for one in rest.json()["items"]] == [str(first)]
    assert rest.json()["next"] is None


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 129, None])
async def test_bad_published_names_are_refused(
    admin: httpx.AsyncClient, state: State, project_id: UUID, name: str | None
) -> None:
    iteration = await make_iteration(state, project_id)
    response = await admin.post(
        f"/projects/Dishes/iterations/{iteration}/publish", json={"name": name}
    )
    assert_error(response, 422, "unprocessable")


async def test_only_trainers_publish(
    lucia: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    for path in (f"iterations/{iteration}/publish", "iterations/latest/unpublish", "rollback"):
        response = await lucia.post(f"/projects/Dishes/{path}", json={})
        assert_error(response, 403, "admin_only")


async def test_iteration_is_tried_without_publishing(
    admin: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id, seed=n) for n in range(2)]
    path = f"/projects/Dishes/iterations/{second}/test"
    files = {"image": ("photo.jpg", jpeg())}
    response = await admin.post(path, files=files)
    assert response.status_code == 200, response.text
    tried = response.json()
    assert (tried["id"], tried["stored"]) == (None, False)
    assert (tried["project"], tried["iteration_id"]) == ("Dishes", str(second))
    await publish(admin, first)
    await publish(admin, second, replace=True)
    assert (await predict(admin))["predictions"] == tried["predictions"]
    assert len((await admin.post(f"{path}?top=1", files=files)).json()["predictions"]) == 1
    response = await admin.post(path, files={"image": ("a", b"no image")})
    assert_error(response, 415, "image_format_unsupported")
    assert_error(await admin.post(path, files={"x": b""}), 422, "image_missing")
    response = await admin.post(path, files={"image": jpeg() + bytes(6_000_000)})
    assert_error(response, 413, "request_too_large")


async def test_model_answers_with_the_backbone_it_was_trained_with(
    admin: httpx.AsyncClient, state: State, project_id: UUID, tmp_path: Path
) -> None:
    """The application runs without CLASSIFR_BACKBONE; the model was trained with it."""
    brought = write_backbone(tmp_path / "brought")
    models = state.settings.data_dir / "models"
    backbone = Backbones(models, str(brought)).for_training().backbone
    shutil.rmtree(brought)
    classifier = make_classifier(DISHES, backbone=backbone)
    iteration = await make_iteration(state, project_id, classifier=classifier)
    await publish(admin, iteration)
    pixels = preprocess(jpeg(), backbone.input_size)
    embedding = pixels.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    expected = classify(classifier, embedding[np.newaxis]).probabilities[0]
    answer = await predict(admin)
    assert {entry["tag"]: entry["probability"] for entry in answer["predictions"]} == {
        tag: pytest.approx(probability, abs=1e-5)
        for tag, probability in zip(DISHES, expected, strict=True)
    }
    # ImageNet goes on with its own.
    assert len((await predict(admin, project="ImageNet"))["predictions"]) == 1000
    export = await admin.get(f"/projects/Dishes/iterations/{iteration}/export")
    archive = zipfile.ZipFile(io.BytesIO(export.content))
    session = onnxruntime.InferenceSession(archive.read("model.onnx"))
    (exported,) = session.run(None, {backbone.input_name: pixels[np.newaxis]})
    np.testing.assert_allclose(exported[0], expected, atol=1e-5)


async def test_served_tried_and_exported_probabilities_agree(
    admin: httpx.AsyncClient, app: FastAPI, state: State
) -> None:
    """With a model that was really trained."""
    await make_album(state.database, state.vision, {"cannoli": 8, "risotto": 8, "pizza": 8})
    iteration = await post(admin, "/projects/Dishes/train", 202)
    await run_jobs(app)
    response = await admin.get("/projects/Dishes/iterations/latest/export")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    assert len(response.content) == int(response.headers["content-length"])
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert set(archive.namelist()) == {"model.onnx", "labels.txt", "metadata.json", "example.py"}
    labels = archive.read("labels.txt").decode().splitlines()
    assert json.loads(archive.read("metadata.json"))["iteration"] == "Iteration 1"
    session = onnxruntime.InferenceSession(archive.read("model.onnx"))
    await publish(admin, iteration["id"])
    for kind in range(3):
        data = dish(kind, seed=777)
        pixels = preprocess(data, EFFICIENTNET_LITE0.input_size)[np.newaxis]
        (exported,) = session.run(None, {EFFICIENTNET_LITE0.input_name: pixels})
        exported = dict(zip(labels, exported[0].tolist(), strict=True))
        served = await predict(admin, data)
        for entry in served["predictions"]:
            assert entry["probability"] == pytest.approx(exported[entry["tag"]], abs=1e-5)
    report = (await admin.get("/projects/Dishes/iterations/latest/report?curves=true")).json()
    assert report["image_count"] > 0
    assert 0 <= report["top1"] <= 1
