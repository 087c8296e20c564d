"""The tags of a project."""

import httpx
import pytest
from sqlalchemy import select
from tests.api.clients import assert_error
from tests.api.projects import add_images, make_project, make_tag

from classifr.database.models import TrainingImage
from classifr.state import State


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return (await make_project(admin, classification_type="Multilabel"))["id"]


async def names(client: httpx.AsyncClient, project: str) -> list[str]:
    return [tag["name"] for tag in (await client.get(f"/projects/{project}/tags")).json()["items"]]


async def test_every_field_of_a_new_tag(admin: httpx.AsyncClient, project: str) -> None:
    created = await make_tag(admin, project, " cannoli ", description="With ricotta")
    assert {
        "name": "cannoli",
        "description": "With ricotta",
        "type": "Regular",
        "image_count": 0,
    }.items() <= created.items()
    page = (await admin.get(f"/projects/{project}/tags")).json()
    assert page == {"items": [created], "next": None}


async def test_tags_are_listed_by_name_with_their_images(
    admin: httpx.AsyncClient, project: str
) -> None:
    for name in ("wine", "Pizza", "cannoli"):
        await make_tag(admin, project, name)
    await add_images(admin, project, 2, "wine")
    await add_images(admin, project, 1, "wine", "cannoli", seed=2)
    await add_images(admin, project, 1, seed=3)
    page = (await admin.get(f"/projects/{project}/tags")).json()
    counted = [(tag["name"], tag["image_count"]) for tag in page["items"]]
    assert counted == [("cannoli", 1), ("Pizza", 0), ("wine", 3)]
    totals = (await admin.get(f"/projects/{project}")).json()
    assert (totals["tag_count"], totals["image_count"], totals["untagged_count"]) == (3, 4, 1)


@pytest.mark.parametrize("name", ["crème brûlée", "../../../etc/passwd", "寿司", "x" * 128, "🍕"])
async def test_any_name_is_a_name(admin: httpx.AsyncClient, project: str, name: str) -> None:
    created = await make_tag(admin, project, name)
    assert created["name"] == name
    assert_error(
        await admin.post(f"/projects/{project}/tags", json={"name": name}), 409, "tag_name_taken"
    )
    assert (await add_images(admin, project, 1, name))[0]["tags"][0]["name"] == name


@pytest.mark.parametrize(
    "name", ["", " \t ", "x" * 129, "x" * 300, "a\x00", "a\x1f", "a\x9b31m", None, 1]
)
async def test_bad_names_are_refused(admin: httpx.AsyncClient, project: str, name: object) -> None:
    await make_tag(admin, project, "pizza")
    address = f"/projects/{project}/tags"
    assert_error(await admin.post(address, json={"name": name}), 422, "unprocessable")
    if name is not None:
        answer = await admin.patch(f"{address}/pizza", json={"name": name})
        assert_error(answer, 422, "unprocessable")
    assert await names(admin, project) == ["pizza"]


async def test_same_name_is_free_in_another_project(admin: httpx.AsyncClient, project: str) -> None:
    await make_tag(admin, project, "pizza")
    other = (await make_project(admin, "Other"))["id"]
    tag = await make_tag(admin, other, "pizza")
    answer = await admin.delete(f"/projects/{project}/tags/{tag['id']}")
    assert_error(answer, 404, "tag_not_found")
    assert await names(admin, project) == ["pizza"]


async def test_only_what_is_sent_changes(admin: httpx.AsyncClient, project: str) -> None:
    tag = await make_tag(admin, project, "pizza", description="Round")
    await make_tag(admin, project, "wine")
    address = f"/projects/{project}/tags/{tag['id']}"
    changed = (await admin.patch(address, json={"name": "focaccia"})).json()
    assert (changed["id"], changed["name"]) == (tag["id"], "focaccia")
    assert changed["description"] == "Round"
    assert (await admin.patch(address, json={"name": "focaccia"})).status_code == 200
    assert_error(await admin.patch(address, json={"name": "wine"}), 409, "tag_name_taken")
    assert await names(admin, project) == ["focaccia", "wine"]


async def test_project_has_one_negative_tag(admin: httpx.AsyncClient, project: str) -> None:
    await make_tag(admin, project, "none of these", type="Negative")
    await make_tag(admin, project, "pizza")
    address = f"/projects/{project}/tags"
    answer = await admin.post(address, json={"name": "nothing", "type": "Negative"})
    assert "negative" in assert_error(answer, 409, "negative_tag_taken")
    answer = await admin.patch(f"{address}/pizza", json={"type": "Negative"})
    assert_error(answer, 409, "negative_tag_taken")
    await admin.patch(f"{address}/none of these", json={"type": "Regular"})
    changed = await admin.patch(f"{address}/pizza", json={"type": "Negative"})
    assert changed.json()["type"] == "Negative"
    assert (await admin.patch(f"{address}/pizza", json={"type": "Negative"})).status_code == 200


async def test_tag_beside_others_cannot_become_negative(
    admin: httpx.AsyncClient, project: str
) -> None:
    for name in ("pizza", "wine", "tree"):
        await make_tag(admin, project, name)
    await add_images(admin, project, 1, "pizza", "wine")
    await add_images(admin, project, 1, "tree", seed=1)
    answer = await admin.patch(f"/projects/{project}/tags/wine", json={"type": "Negative"})
    assert_error(answer, 409, "negative_and_regular_tag")
    answer = await admin.patch(f"/projects/{project}/tags/tree", json={"type": "Negative"})
    assert answer.json()["type"] == "Negative"


async def test_deleted_tag_leaves_its_images(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    pizza = await make_tag(admin, project, "pizza")
    wine = await make_tag(admin, project, "wine")
    (alone,) = await add_images(admin, project, 1, "pizza")
    (both,) = await add_images(admin, project, 1, "pizza", "wine", seed=1)
    address = f"/projects/{project}/tags/{pizza['id']}"
    assert (await admin.delete(address)).status_code == 204
    assert_error(await admin.delete(address), 404, "tag_not_found")
    images = f"/projects/{project}/images"
    assert (await admin.get(f"{images}/{alone['id']}")).json()["tags"] == []
    left = (await admin.get(f"{images}/{both['id']}")).json()["tags"]
    assert left == [{"id": wine["id"], "name": "wine"}]
    untagged = (await admin.get(f"{images}?untagged=true")).json()["items"]
    assert [image["id"] for image in untagged] == [alone["id"]]
    assert (await admin.get(f"/projects/{project}")).json()["untagged_count"] == 1
    async with state.database.transaction() as session:
        assert len((await session.scalars(select(TrainingImage))).all()) == 2


async def test_number_of_tags_is_limited(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state.settings.training, "max_tags", 2)
    await make_tag(admin, project, "1")
    await make_tag(admin, project, "2")
    answer = await admin.post(f"/projects/{project}/tags", json={"name": "3"})
    assert_error(answer, 409, "limit_reached")


@pytest.mark.parametrize("trick", ["0", "%00", "..%2Ftags", "' or 1=1 --", "x" * 300])
async def test_tricks_in_tags_are_refused(
    admin: httpx.AsyncClient, project: str, trick: str
) -> None:
    await make_tag(admin, project, "pizza")
    for answer in (
        await admin.patch(f"/projects/{project}/tags/{trick}", json={"name": "x"}),
        await admin.delete(f"/projects/{project}/tags/{trick}"),
        await admin.get(f"/projects/{project}/images?tag={trick}"),
    ):
        assert answer.status_code in (404, 405, 422), answer.text
        assert set(answer.json()) == {"error", "detail"}
    assert await names(admin, project) == ["pizza"]
