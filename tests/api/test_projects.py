"""Projects: created, renamed, described and deleted; what is published protects them."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from tests.api.clients import assert_error
from tests.api.projects import add_images, make_project, make_tag, send_images
from tests.pictures import jpeg
from tests.trained import make_iteration

from classifr.database.models import Embedding, ImageTag, Iteration, Tag, TrainingImage
from classifr.state import State
from classifr.vision.local.iterations.files import model_key
from classifr.vision.port import BUILTIN_PROJECT_ID


async def keys(state: State, prefix: str) -> set[str]:
    """What lies in the storage there."""
    return {found.key async for found in state.storage.list(prefix)}


async def publish(client: httpx.AsyncClient, project: str, iteration: object) -> None:
    response = await client.post(f"/projects/{project}/iterations/{iteration}/publish", json={})
    assert response.status_code == 200, response.text


async def test_every_field_of_a_new_project(admin: httpx.AsyncClient) -> None:
    created = await make_project(
        admin, " Dolci ", description="Sweet things", classification_type="Multilabel"
    )
    expected = {
        "name": "Dolci",
        "description": "Sweet things",
        "classification_type": "Multilabel",
        "is_builtin": False,
        "is_default": False,
        "tag_count": 0,
        "image_count": 0,
        "untagged_count": 0,
    }
    assert expected.items() <= created.items()
    assert set(created) - set(expected) == {"id", "created_at", "updated_at"}
    assert (await admin.get(f"/projects/{created['id']}")).json() == created


async def test_list_is_by_name_and_ends_with_the_builtin_one(admin: httpx.AsyncClient) -> None:
    for name in ("zuppe", "Antipasti", "dolci"):
        await make_project(admin, name)
    page = (await admin.get("/projects")).json()
    assert [item["name"] for item in page["items"]] == ["Antipasti", "dolci", "zuppe", "ImageNet"]
    builtin = page["items"][-1]
    assert builtin["is_builtin"]
    assert builtin["is_default"]
    assert page["next"] is None


@pytest.mark.parametrize(
    "name", ["Dolci", "Crème brûlée 🍮", "../../etc/passwd", "甜点", "a" * 256, "' or 1=1 --"]
)
async def test_any_name_is_a_name(admin: httpx.AsyncClient, name: str) -> None:
    created = await make_project(admin, name)
    assert created["name"] == name
    await make_tag(admin, created["id"], "pizza")
    assert (await send_images(admin, created["id"], [jpeg()], "pizza")).status_code == 200
    if "/" not in name:
        by_name = await admin.get(httpx.URL(f"http://classifr.test/projects/{name}"))
        assert by_name.json()["id"] == created["id"]


@pytest.mark.parametrize("name", ["", "   ", "a" * 257, "a\x00b", "a\nb", None, 7])
async def test_bad_names_are_refused(admin: httpx.AsyncClient, name: object) -> None:
    assert_error(await admin.post("/projects", json={"name": name}), 422, "unprocessable")
    project = (await make_project(admin))["id"]
    if name is not None:
        answer = await admin.patch(f"/projects/{project}", json={"name": name})
        assert_error(answer, 422, "unprocessable")


async def test_name_taken_is_refused(admin: httpx.AsyncClient) -> None:
    await make_project(admin, "Dolci")
    other = (await make_project(admin, "Zuppe"))["id"]
    for taken in ("Dolci", "ImageNet"):
        answer = await admin.post("/projects", json={"name": taken})
        assert_error(answer, 409, "project_name_taken")
        answer = await admin.patch(f"/projects/{other}", json={"name": taken})
        assert_error(answer, 409, "project_name_taken")
    assert (await admin.get("/projects/Zuppe")).json()["id"] == other


async def test_id_wins_over_a_name(admin: httpx.AsyncClient) -> None:
    first = await make_project(admin, "Dolci")
    await make_project(admin, first["id"])
    assert (await admin.get(f"/projects/{first['id']}")).json()["name"] == "Dolci"


@pytest.mark.parametrize("project", ["nothing", "0", "%00", "%2e%2e", "a" * 300, "Dolci'--"])
async def test_unknown_projects_are_told(admin: httpx.AsyncClient, project: str) -> None:
    for path in ("", "/tags", "/images"):
        answer = await admin.get(f"/projects/{project}{path}")
        assert answer.status_code in (404, 422), answer.text
        assert set(answer.json()) == {"error", "detail"}


async def test_only_what_is_sent_changes(admin: httpx.AsyncClient) -> None:
    before = await make_project(admin, "Dolci", description="Sweet")
    address = f"/projects/{before['id']}"
    after = (await admin.patch(address, json={"name": "Desserts"})).json()
    assert (after["name"], after["description"]) == ("Desserts", "Sweet")
    assert after["updated_at"] > before["updated_at"]
    after = (await admin.patch(address, json={"description": ""})).json()
    assert (after["name"], after["description"]) == ("Desserts", "")
    assert (await admin.patch(address, json={})).json() == after
    assert_error(await admin.patch(address, json={"colour": 1}), 422, "unprocessable")
    assert_error(await admin.patch(address, json={"is_default": False}), 422, "unprocessable")


async def test_kind_changes_while_no_image_has_several_tags(admin: httpx.AsyncClient) -> None:
    project = (await make_project(admin, classification_type="Multilabel"))["id"]
    for name in ("pizza", "wine"):
        await make_tag(admin, project, name)
    (image,) = await add_images(admin, project, 1, "pizza", "wine")
    to_one = {"classification_type": "Multiclass"}
    assert_error(await admin.patch(f"/projects/{project}", json=to_one), 409, "one_tag_only")
    retag = {"image_ids": [image["id"]], "remove": [image["tags"][1]["id"]]}
    await admin.post(f"/projects/{project}/images/tags", json=retag)
    changed = await admin.patch(f"/projects/{project}", json=to_one)
    assert changed.json()["classification_type"] == "Multiclass"


async def test_builtin_project_cannot_be_changed(admin: httpx.AsyncClient) -> None:
    address = "/projects/ImageNet"
    answers = [
        await admin.patch(address, json={"name": "Mine"}),
        await admin.delete(address),
        await admin.post(f"{address}/tags", json={"name": "pizza"}),
        await send_images(admin, "ImageNet", [jpeg()]),
        await admin.delete(f"{address}/images?all=true"),
    ]
    for answer in answers:
        assert_error(answer, 409, "builtin_project")
    assert (await admin.get("/predict")).status_code == 405
    assert (await admin.get(address)).json()["name"] == "ImageNet"


async def test_default_needs_something_published(admin: httpx.AsyncClient, state: State) -> None:
    project = await make_project(admin)
    await make_tag(admin, project["id"], "pizza")
    address = f"/projects/{project['id']}"
    answer = await admin.patch(address, json={"is_default": True})
    assert_error(answer, 409, "iteration_not_published")
    await publish(admin, project["id"], await make_iteration(state, project["id"]))
    assert (await admin.get(address)).json()["is_default"]
    builtin = await admin.patch(f"/projects/{BUILTIN_PROJECT_ID}", json={"is_default": True})
    assert builtin.json()["is_default"]
    assert not (await admin.get(address)).json()["is_default"]
    assert (await admin.patch(address, json={"is_default": True})).json()["is_default"]


async def test_number_of_projects_is_limited(
    admin: httpx.AsyncClient, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state.settings.training, "max_projects", 2)
    first = (await make_project(admin, "1"))["id"]
    await make_project(admin, "2")
    answer = await admin.post("/projects", json={"name": "3"})
    assert "2" in assert_error(answer, 409, "limit_reached")
    assert (await admin.delete(f"/projects/{first}")).status_code == 204
    await make_project(admin, "3")


async def test_deleted_project_takes_everything_along(
    admin: httpx.AsyncClient, state: State
) -> None:
    project = (await make_project(admin, "Dolci"))["id"]
    await make_tag(admin, project, "pizza")
    images = await add_images(admin, project, 3, "pizza")
    iteration_id = await make_iteration(state, project)
    other = (await make_project(admin, "Other"))["id"]
    await add_images(admin, other, 1)
    async with state.database.transaction() as session:
        for image in images:
            session.add(Embedding(sha256=image["sha256"], backbone="b", vector=b""))
    assert len(await keys(state, f"training/{project}")) == 3
    assert (await admin.delete(f"/projects/{project}")).status_code == 204
    assert await keys(state, f"training/{project}") == set()
    assert not await state.storage.exists(model_key(iteration_id))
    async with state.database.transaction() as session:
        # One image of the three is in the other project as well.
        for table, left in ((Tag, 0), (ImageTag, 0), (TrainingImage, 1), (Embedding, 1)):
            assert await session.scalar(select(func.count()).select_from(table)) == left
        iteration = await session.get_one(Iteration, iteration_id)
        assert iteration.deleted_at is not None
    assert_error(await admin.get(f"/projects/{project}"), 404, "project_not_found")
    assert_error(await admin.delete(f"/projects/{project}"), 404, "project_not_found")
    assert (await make_project(admin, "Dolci"))["image_count"] == 0


async def test_published_project_is_not_deleted(admin: httpx.AsyncClient, state: State) -> None:
    project = (await make_project(admin))["id"]
    await make_tag(admin, project, "pizza")
    (image,) = await add_images(admin, project, 1, "pizza")
    iteration_id = await make_iteration(state, project)
    await publish(admin, project, iteration_id)
    answer = await admin.delete(f"/projects/{project}")
    assert "Unpublish" in assert_error(answer, 409, "project_published")
    assert (await admin.get(f"/projects/{project}/images/{image['id']}/original")).content == jpeg()
    await admin.post(f"/projects/{project}/iterations/{iteration_id}/unpublish")
    assert (await admin.delete(f"/projects/{project}")).status_code == 204


async def test_published_iteration_goes_on_without_its_tags_and_images(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    project = (await make_project(admin))["id"]
    tag = await make_tag(admin, project, "pizza")
    await make_tag(admin, project, "wine")
    await add_images(admin, project, 2, "pizza")
    iteration_id = await make_iteration(state, project)
    await publish(admin, project, iteration_id)
    await admin.delete(f"/projects/{project}/images?all=true")
    await admin.delete(f"/projects/{project}/tags/{tag['id']}")
    answer = (await lucia.post("/predict", files={"image": ("a.jpg", jpeg())})).json()
    assert answer["iteration_id"] == str(iteration_id)
    assert {entry["tag"] for entry in answer["predictions"]} == {"pizza", "wine"}


async def test_renamed_tag_shows_in_the_answers(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    project = (await make_project(admin))["id"]
    await make_tag(admin, project, "pizza")
    await make_tag(admin, project, "wine")
    await publish(admin, project, await make_iteration(state, project))
    renamed = await admin.patch(f"/projects/{project}/tags/pizza", json={"name": "Pizza 🍕"})
    assert renamed.json()["name"] == "Pizza 🍕"

    async def answered() -> set[str]:
        answer = await lucia.post("/predict", files={"image": ("a.jpg", jpeg())})
        return {entry["tag"] for entry in answer.json()["predictions"]}

    async with asyncio.timeout(2):
        while await answered() != {"Pizza 🍕", "wine"}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    iterations = (await admin.get(f"/projects/{project}/iterations")).json()["items"]
    assert [tag["name"] for tag in iterations[0]["tags"]] == ["Pizza 🍕", "wine"]


async def test_users_reach_no_project(lucia: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/ImageNet"), ("POST", "/x/images")):
        answer = await lucia.request(method, f"/projects{path}", json={"name": "x"})
        assert_error(answer, 403, "admin_only")


async def test_settings_of_custom_vision_are_kept_for_its_clients(
    admin: httpx.AsyncClient, state: State
) -> None:
    kept = {"domain_id": str(uuid4()), "settings": {"targetExportPlatforms": ["ONNX"]}}
    payload = {"name": "Moved in", "custom_vision": kept}
    created = (await admin.post("/projects", json=payload)).json()
    async with state.database.transaction() as session:
        project = await state.vision.workspace(session).projects.get(created["id"])
    assert {"domain_id": str(project.domain_id), "settings": project.settings} == kept
    for wrong in ({"a": "x" * 10_000}, {"a": "\0"}, []):
        payload = {"name": "No", "custom_vision": {"settings": wrong}}
        assert (await admin.post("/projects", json=payload)).status_code == 422
