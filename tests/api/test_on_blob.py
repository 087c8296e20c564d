"""The application with its images in Azure Blob, from a photo to a model that learnt from it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from tests.albums import make_album
from tests.api.test_feedback import judge, predicted
from tests.api.training.steps import DISHES, keys, train
from tests.conftest import make_settings, wait_until_ready
from tests.pictures import jpeg
from tests.storages import container_name

from classifr.app import create_app
from classifr.feedback.retention import sweep_wrong_orphans
from classifr.predictions.retention import sweep_pending, sweep_prediction_orphans
from classifr.state import State
from classifr.storage.azure_blob import BlobStorage

REVIEW = "/admin/wrong-predictions"


@pytest.fixture(scope="module")
async def app(
    postgres_url: str, azurite: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """The application on a container of its own."""
    settings = make_settings(
        tmp_path_factory.mktemp("blob"),
        database_url=postgres_url,
        storage="azure",
        blob={"connection_string": azurite, "container": container_name()},
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until_ready(app)
        yield app
    assert not (settings.data_dir / "images").exists()


@pytest.fixture(autouse=True)
async def _empty(state: State) -> None:
    assert isinstance(state.storage, BlobStorage)
    for key in await keys(state, ""):
        await state.storage.delete(key)


async def test_verdicts_move_the_image(lucia: httpx.AsyncClient, state: State) -> None:
    right, wrong = await predicted(lucia, jpeg(seed=1)), await predicted(lucia, jpeg(seed=2))
    assert await keys(state, "") == {f"pending/{right}", f"pending/{wrong}"}
    await judge(lucia, right, "ok")
    await judge(lucia, wrong, "nok", correct_tag="cannoli")
    assert await keys(state, "") == {f"wrong/{wrong}"}
    assert await state.storage.get(f"wrong/{wrong}") == jpeg(seed=2)


async def test_wrong_prediction_is_reviewed_and_learnt_from(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    await judge(lucia, await predicted(lucia), "nok", correct_tag="cannoli")
    (wrong,) = (await admin.get(REVIEW)).json()["items"]
    image = await admin.get(wrong["image_url"])
    assert image.status_code == 200
    assert image.headers["content-type"].startswith("image/")
    project = (await admin.post("/projects", json={"name": "Desserts"})).json()["id"]
    answer = await admin.post(
        f"/projects/{project}/images/from-wrong-predictions", json={"ids": [wrong["id"]]}
    )
    (item,) = answer.json()["items"]
    assert await keys(state, "") == {f"training/{project}/{item['image']['id']}"}
    shown = await admin.get(f"/projects/{project}/images/{item['image']['id']}/thumbnail")
    assert shown.status_code == 200, shown.text


async def test_training_publishing_and_export(
    app: FastAPI, admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    project: UUID = await make_album(state.database, state.vision, DISHES)
    assert len(await keys(state, "training/")) == sum(DISHES.values())
    iteration = await train(app, admin, project)
    assert iteration["status"] == "completed", iteration
    assert len(await keys(state, "iterations/")) == 2
    address = f"/projects/{project}/iterations/{iteration['id']}"
    published = await admin.post(f"{address}/publish", json={"name": "menu"})
    assert published.status_code == 200, published.text
    files = {"image": ("a.jpg", jpeg())}
    answer = await lucia.post(f"/predict?project={project}", files=files)
    assert {each["tag"] for each in answer.json()["predictions"]} == set(DISHES)
    assert (await admin.get(f"{address}/report")).status_code == 200
    assert (await admin.get(f"{address}/export")).status_code == 200
    await admin.post(f"{address}/unpublish")
    assert (await admin.delete(f"/projects/{project}")).status_code == 204
    assert await keys(state, "training/") == set()


async def test_sweeps_leave_only_what_rows_name(lucia: httpx.AsyncClient, state: State) -> None:
    waiting, judged = await predicted(lucia), await predicted(lucia)
    await judge(lucia, judged, "nok")
    for left in ("pending/crash", "wrong/crash"):
        await state.storage.put(left, b"x")
    places = (state.database, state.storage)
    for sweep in (sweep_prediction_orphans, sweep_wrong_orphans):
        assert await sweep(*places, keep=timedelta(hours=1)) == 0
        # Blob tells the second, by its own clock.
        assert await sweep(*places, keep=timedelta(seconds=-2)) == 1
    assert await keys(state, "") == {f"pending/{waiting}", f"wrong/{judged}"}
    assert await sweep_pending(*places, keep=timedelta(0)) == 1
    assert await keys(state, "") == {f"wrong/{judged}"}
