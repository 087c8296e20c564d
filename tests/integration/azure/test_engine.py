"""The application on Custom Vision, which our own server plays in another process."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.albums import dish
from tests.api.clients import client_of, create_account
from tests.conftest import make_settings, wait_until_ready
from tests.engine_server import EngineServer

from classifr.app import create_app
from classifr.database.models import Role

DISHES = ("cannoli", "risotto")
IMAGES = 20  #: Of each dish.
PROJECT = "Dishes"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
async def app(
    engine: EngineServer, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """The application in Azure mode, in this process."""
    settings = make_settings(
        tmp_path_factory.mktemp("azure"),
        database_url=postgres_url,
        vision="azure",
        azure=engine.settings(PROJECT),
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until_ready(app)
        yield app


@pytest.fixture(scope="module")
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An admin."""
    state = app.state.classifr
    async with state.database.transaction() as session:
        # With what other tests left of theirs.
        await session.execute(text("truncate users cascade"))
    async with client_of(app, await create_account(state, "admin", Role.ADMIN)) as client:
        client.timeout = httpx.Timeout(60)
        yield client


@dataclass
class Trained:
    """A project with a published iteration."""

    project: dict
    tags: dict[str, str]
    iteration: dict


@pytest.fixture(scope="module")
async def trained(api: httpx.AsyncClient) -> Trained:
    """Made as people make it: project, tags, images, training, publishing."""
    project = await get(api.post("/projects", json={"name": PROJECT, "description": "What we eat"}))
    tags = {}
    for kind, name in enumerate(DISHES):
        tag = await get(api.post(f"/projects/{project['id']}/tags", json={"name": name}))
        tags[name] = tag["id"]
        await upload(api, project, tag["id"], kind, range(IMAGES))
    iteration = await train(api, project)
    path = f"/projects/{project['id']}/iterations/{iteration['id']}"
    iteration = await get(api.post(f"{path}/publish", json={"name": "production"}))
    await assert_error(api.post(f"/projects/{PROJECT}/train", json={}), 409, "training_not_needed")
    return Trained(project, tags, iteration)


async def get(asking: object) -> dict:
    """The JSON of an answer that is no error."""
    response = await asking  # type: ignore[misc]
    assert response.is_success, response.text
    return response.json() if response.content else {}


async def upload(
    api: httpx.AsyncClient, project: dict, tag_id: str | None, kind: int, seeds: range
) -> dict:
    """Images of a kind, in one request."""
    files = [("images", (f"{seed}.png", dish(kind, seed))) for seed in seeds]
    data = {"tags": [tag_id]} if tag_id else {}
    return await get(api.post(f"/projects/{project['id']}/images", files=files, data=data))


async def train(api: httpx.AsyncClient, project: dict, **options: object) -> dict:
    """A new iteration, once it is completed."""
    started = await get(api.post(f"/projects/{project['id']}/train", json=options))
    assert started["status"] in ("queued", "training")
    path = f"/projects/{project['id']}/iterations/{started['id']}"
    async with asyncio.timeout(90):
        while (now := await get(api.get(path)))["status"] in ("queued", "training"):
            assert now["stage"] is None
            await asyncio.sleep(0.1)
    assert now["status"] == "completed", now
    assert now["id"] == started["id"]
    return now


async def assert_error(asking: object, status: int, code: str) -> None:
    response = await asking  # type: ignore[misc]
    assert (response.status_code, response.json()["error"]) == (status, code), response.text


async def test_engine_says_what_it_can(api: httpx.AsyncClient) -> None:
    assert await get(api.get("/engine")) == {"name": "azure", "capabilities": ["archives"]}


async def test_project_is_what_was_made(api: httpx.AsyncClient, trained: Trained) -> None:
    (project,) = (await get(api.get("/projects")))["items"]
    assert project == await get(api.get(f"/projects/{PROJECT}"))
    assert project["name"] == PROJECT
    assert project["description"] == "What we eat"
    assert project["classification_type"] == "Multiclass"
    assert project["is_default"]
    assert not project["is_builtin"]
    tags = (await get(api.get(f"/projects/{PROJECT}/tags")))["items"]
    assert {tag["name"] for tag in tags} >= set(DISHES)
    assert project["tag_count"] == len(tags)


async def test_project_is_created_renamed_and_deleted(api: httpx.AsyncClient) -> None:
    made = await get(api.post("/projects", json={"name": "Other"}))
    await assert_error(api.post("/projects", json={"name": "Other"}), 409, "project_name_taken")
    changed = await get(
        api.patch(f"/projects/{made['id']}", json={"name": "Another", "description": "Changed"})
    )
    assert (changed["id"], changed["name"], changed["description"]) == (
        made["id"],
        "Another",
        "Changed",
    )
    assert (await get(api.get("/projects/Another")))["id"] == made["id"]
    asking = api.patch("/projects/Another", json={"is_default": True})
    await assert_error(asking, 501, "not_supported")
    await get(api.delete("/projects/Another"))
    await assert_error(api.get("/projects/Another"), 404, "project_not_found")


async def test_report_is_computed_here(api: httpx.AsyncClient, trained: Trained) -> None:
    path = f"/projects/{PROJECT}/iterations/{trained.iteration['id']}"
    report = await get(api.get(f"{path}/report", params={"threshold": 0.5, "curves": True}))
    summary = trained.iteration["summary"]
    for name in ("precision", "recall", "average_precision"):
        assert report["overall"][name] == pytest.approx(summary[name], abs=1e-4)
    assert report["image_count"] > 0
    assert report["calibration_error"] is not None
    assert {tag["name"] for tag in report["confusion"]["tags"]} == set(DISHES)
    assert sum(map(sum, report["confusion"]["counts"])) == report["image_count"]
    strict = await get(api.get(f"{path}/report", params={"threshold": 0.999999}))
    assert strict["overall"]["recall"] <= report["overall"]["recall"]
    assert strict["overall"]["average_precision"] == report["overall"]["average_precision"]


async def test_tag_is_created_renamed_and_deleted(api: httpx.AsyncClient, trained: Trained) -> None:
    path = f"/projects/{PROJECT}/tags"
    tag = await get(api.post(path, json={"name": "gnocchi", "description": "Small ones"}))
    await assert_error(api.post(path, json={"name": "gnocchi"}), 409, "tag_name_taken")
    renamed = await get(api.patch(f"{path}/{tag['id']}", json={"name": "gnocchetti"}))
    assert (renamed["name"], renamed["description"]) == ("gnocchetti", "Small ones")
    await get(api.delete(f"{path}/{tag['id']}"))
    await assert_error(api.delete(f"{path}/{tag['id']}"), 404, "tag_not_found")


async def test_images_are_listed_shown_retagged_and_deleted(
    api: httpx.AsyncClient, trained: Trained
) -> None:
    project, path = trained.project, f"/projects/{PROJECT}/images"
    added = await upload(api, project, None, 2, range(5))
    assert [item["status"] for item in added["items"]] == ["OK"] * 5
    ids = [item["image"]["id"] for item in added["items"]]

    # The same once more are known by their bytes, and get the tag.
    again = await upload(api, project, trained.tags["risotto"], 2, range(2))
    assert [item["status"] for item in again["items"]] == ["OKDuplicate"] * 2
    assert [item["image"]["id"] for item in again["items"]] == ids[:2]
    untagged = await listed(api, path, untagged=True)
    assert {image["id"] for image in untagged} == set(ids[2:])

    # In a Multiclass project a tag takes the place of the one before.
    tags = {"image_ids": ids[:3], "add": [trained.tags["cannoli"]], "remove": []}
    retagged = (await get(api.post(f"{path}/tags", json=tags)))["items"]
    assert [[tag["name"] for tag in image["tags"]] for image in retagged] == [["cannoli"]] * 3

    everything = await listed(api, path, limit=7)
    assert len(everything) == 2 * IMAGES + 5
    assert len({image["id"] for image in everything}) == len(everything)
    assert len(await listed(api, path, limit=7, tag="cannoli")) == IMAGES + 3

    shown = await api.get(f"{path}/{ids[0]}/thumbnail")
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"

    deleted = await get(api.delete(path, params={"id": ids}))
    assert set(deleted["deleted"]) == set(ids)
    assert deleted["missing"] == []
    await assert_error(api.get(f"{path}/{ids[0]}"), 404, "training_image_not_found")


async def listed(api: httpx.AsyncClient, path: str, **params: object) -> list[dict]:
    """Every image of a list, page by page."""
    images: list[dict] = []
    cursor = None
    while True:
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        page = await get(api.get(path, params=asked))
        images += page["items"]
        cursor = page["next"]
        if cursor is None:
            return images


async def test_pages_go_on_although_their_last_image_is_deleted(
    api: httpx.AsyncClient, trained: Trained
) -> None:
    path = f"/projects/{PROJECT}/images"
    ids = [
        item["image"]["id"]
        for item in (await upload(api, trained.project, None, 3, range(6)))["items"]
    ]
    first = await get(api.get(path, params={"untagged": True, "limit": 2}))
    gone = [image["id"] for image in first["items"]]
    await get(api.delete(path, params={"id": gone}))
    rest = await listed(api, path, untagged=True, limit=2, cursor=first["next"])
    assert {image["id"] for image in rest} <= set(ids) - set(gone)
    second = await get(
        api.get(path, params={"untagged": True, "limit": 2, "cursor": first["next"]})
    )
    assert {image["id"] for image in second["items"]} <= set(ids) - set(gone)
    assert len(second["items"]) == 2
    await get(api.delete(path, params={"id": ids}))


async def test_prediction_verdict_and_wrong_prediction_into_training(
    api: httpx.AsyncClient, trained: Trained
) -> None:
    said = await get(api.post("/predict", files={"image": ("a.png", dish(0, 900))}))
    assert said["predictions"][0]["tag"] == "cannoli"
    assert sum(one["probability"] for one in said["predictions"]) == pytest.approx(1, abs=1e-4)
    assert (said["project"], said["iteration"]) == (PROJECT, trained.iteration["name"])
    assert said["iteration_id"] == trained.iteration["id"]
    assert said["novelty"] is None
    await get(api.post("/feedback", json={"prediction_id": said["id"], "verdict": "ok"}))

    wrong = await get(api.post("/predict", files={"image": ("b.png", dish(1, 901))}))
    verdict = {"prediction_id": wrong["id"], "verdict": "nok", "correct_tag": "pizza"}
    await get(api.post("/feedback", json=verdict))
    (row,) = (await get(api.get("/admin/wrong-predictions")))["items"]
    assert (row["project"], row["iteration"]) == (PROJECT, trained.iteration["name"])

    path = f"/projects/{PROJECT}/images/from-wrong-predictions"
    added = await get(api.post(path, json={"ids": [row["id"]]}))
    (item,) = added["items"]
    assert item["status"] == "OK"
    assert [tag["name"] for tag in item["image"]["tags"]] == ["pizza"]
    assert (await get(api.get("/admin/wrong-predictions")))["items"] == []
    await get(api.delete(f"/projects/{PROJECT}/images", params={"id": item["image"]["id"]}))
    (pizza,) = [
        tag
        for tag in (await get(api.get(f"/projects/{PROJECT}/tags")))["items"]
        if tag["name"] == "pizza"
    ]
    await get(api.delete(f"/projects/{PROJECT}/tags/{pizza['id']}"))


async def test_tags_of_the_answering_iteration(api: httpx.AsyncClient, trained: Trained) -> None:
    tags = (await get(api.get("/tags")))["items"]
    assert {tag["name"] for tag in tags} == set(DISHES)


async def test_unpublished_iteration_can_be_tried(api: httpx.AsyncClient, trained: Trained) -> None:
    path = f"/projects/{PROJECT}/iterations/{trained.iteration['id']}/test"
    said = await get(api.post(path, files={"image": ("a.png", dish(1, 902))}))
    assert said["predictions"][0]["tag"] == "risotto"


async def test_model_is_taken_away(api: httpx.AsyncClient, trained: Trained) -> None:
    path = f"/projects/{PROJECT}/iterations/{trained.iteration['id']}/export"
    exported = await api.get(path)
    assert exported.status_code == 200, exported.text
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        assert any(name.endswith(".onnx") for name in archive.namelist())


async def test_what_custom_vision_lacks_is_told(api: httpx.AsyncClient, trained: Trained) -> None:
    path = f"/projects/{PROJECT}"
    iteration = f"{path}/iterations/{trained.iteration['id']}"
    await assert_error(api.post(f"{path}/rollback", json={}), 501, "not_supported")
    await assert_error(api.get(f"{path}/publications"), 501, "not_supported")
    await assert_error(api.post(f"{iteration}/cancel"), 501, "not_supported")


async def test_second_iteration_takes_the_name_and_the_first_goes(
    api: httpx.AsyncClient, trained: Trained
) -> None:
    path = f"/projects/{PROJECT}/iterations"
    await upload(api, trained.project, trained.tags["cannoli"], 0, range(500, 510))
    second = await train(api, trained.project)
    assert second["number"] == trained.iteration["number"] + 1

    compared = await get(api.get(f"{path}/{second['id']}/compare"))
    assert compared["with"]["id"] == trained.iteration["id"]
    assert compared["image_count"] > 0

    publish = f"{path}/{second['id']}/publish"
    asking = api.post(publish, json={"name": "production"})
    await assert_error(asking, 409, "published_name_taken")
    now = await get(api.post(publish, json={"name": "production", "replace": True}))
    assert now["published_name"] == "production"
    first = await get(api.get(f"{path}/{trained.iteration['id']}"))
    assert first["published_name"] is None
    said = await get(api.post("/predict", files={"image": ("a.png", dish(0, 903))}))
    assert said["iteration_id"] == second["id"]

    await assert_error(api.delete(f"{path}/{second['id']}"), 409, "iteration_published")
    await assert_error(api.delete(f"/projects/{PROJECT}"), 409, "project_published")
    renamed = await get(api.patch(f"{path}/{first['id']}", json={"name": "The first"}))
    assert renamed["name"] == "The first"

    await get(api.post(f"{path}/{second['id']}/unpublish"))
    await assert_error(
        api.post("/predict", files={"image": ("a.png", dish(0, 904))}), 404, "not_published"
    )
    # As it was, for the tests that follow.
    await get(api.post(f"{path}/{first['id']}/publish", json={"name": "production"}))
    await get(api.delete(f"{path}/{second['id']}"))
