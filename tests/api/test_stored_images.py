"""Training images that are in a project: listed, shown, tagged and deleted."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select
from tests.api.clients import assert_error
from tests.api.projects import (
    add_images,
    make_menu,
    make_table,
    send_images,
    stored_ids,
    tag_ids,
    tags_of,
)
from tests.pictures import encoded, jpeg, picture

from classifr.database.models import TrainingImage
from classifr.state import State
from classifr.storage.local import LocalStorage
from classifr.vision.local.retention import sweep_training_orphans

MEGABYTE = 1024 * 1024


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return await make_menu(admin)


@pytest.fixture
async def multilabel(admin: httpx.AsyncClient) -> str:
    return await make_table(admin)


async def test_pages_go_through_everything_newest_first(
    admin: httpx.AsyncClient, multilabel: str
) -> None:
    pizza = await add_images(admin, multilabel, 4, "pizza")
    both = await add_images(admin, multilabel, 3, "pizza", "wine", seed=4)
    bare = await add_images(admin, multilabel, 2, seed=7)
    ids = await tag_ids(admin, multilabel)
    cases = [
        ({}, [*pizza, *both, *bare]),
        ({"tag": ids["pizza"]}, [*pizza, *both]),
        ({"tag": "wine"}, both),
        ({"tag": ["pizza", ids["wine"]]}, [*pizza, *both]),
        ({"tag": "none"}, []),
        ({"untagged": "true"}, bare),
    ]
    for params, expected in cases:
        seen, query = [], {**params, "limit": 2}
        while query is not None:
            page = (await admin.get(f"/projects/{multilabel}/images", params=query)).json()
            seen += page["items"]
            query = {**query, "cursor": page["next"]} if page["next"] else None
        assert [image["id"] for image in seen] == [image["id"] for image in expected[::-1]]


async def test_page_stays_in_place_while_others_change(
    admin: httpx.AsyncClient, project: str
) -> None:
    images = await add_images(admin, project, 4)
    page = (await admin.get(f"/projects/{project}/images?limit=2")).json()
    await admin.delete(f"/projects/{project}/images?id={images[2]['id']}")
    await add_images(admin, project, 1, seed=9)
    rest = await admin.get(f"/projects/{project}/images?limit=2&cursor={page['next']}")
    assert [image["id"] for image in rest.json()["items"]] == [images[1]["id"], images[0]["id"]]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "unprocessable"),
        ("limit=201", 422, "unprocessable"),
        ("tag=pizza&untagged=true", 422, "unprocessable"),
        ("tag=%00", 422, "unprocessable"),
        ("tag=tiramisu", 404, "tag_not_found"),
        (f"tag={uuid4()}", 404, "tag_not_found"),
        ("cursor=7", 400, "cursor_invalid"),
        ("cursor=", 400, "cursor_invalid"),
    ],
)
async def test_bad_filters_are_refused(
    admin: httpx.AsyncClient, project: str, query: str, status: int, code: str
) -> None:
    assert_error(await admin.get(f"/projects/{project}/images?{query}"), status, code)


async def test_tag_of_another_project_shows_nothing_of_it(
    admin: httpx.AsyncClient, project: str, multilabel: str
) -> None:
    await add_images(admin, project, 1, "pizza")
    pizza = (await tag_ids(admin, project))["pizza"]
    answer = await admin.get(f"/projects/{multilabel}/images?tag={pizza}")
    assert_error(answer, 404, "tag_not_found")
    response = await send_images(admin, multilabel, [jpeg()], pizza)
    assert_error(response, 404, "tag_not_found")


async def test_image_is_shown_fresh_and_given_back_as_it_came(
    admin: httpx.AsyncClient, project: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret place"
    data = encoded(picture(800, 400), exif=exif) + b"<script>alert(1)</script>"
    (item,) = (await send_images(admin, project, [data])).json()["items"]
    address = f"/projects/{project}/images/{item['image']['id']}"
    for rendition, size in (("image", (400, 800)), ("thumbnail", (160, 320))):
        response = await admin.get(f"{address}/{rendition}")
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Cache-Control"] == "no-store"
        assert b"script" not in response.content
        assert b"secret" not in response.content
        assert Image.open(BytesIO(response.content)).size == size
    original = await admin.get(f"{address}/original")
    assert original.content == data
    assert original.headers["Content-Type"] == "application/octet-stream"
    assert original.headers["Content-Disposition"] == "attachment; filename*=UTF-8''0.jpg"
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert original.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "kept", "saved"),
    [
        ("../../etc/passwd", "../../etc/passwd", "passwd"),
        ("C:\\photos\\é.jpg", "é.jpg", "%C3%A9.jpg"),
        ("a\x7fb\u202e.jpg", "ab.jpg", "ab.jpg"),
        ("x" * 400 + ".jpg", "x" * 252 + ".jpg", "x" * 252 + ".jpg"),
        ("a'b;c.jpg", "a'b;c.jpg", "a%27b%3Bc.jpg"),
    ],
)
async def test_names_of_files_are_harmless(
    admin: httpx.AsyncClient, project: str, state: State, name: str, kept: str, saved: str
) -> None:
    response = await admin.post(f"/projects/{project}/images", files={"images": (name, jpeg())})
    image = response.json()["items"][0]["image"]
    assert image["name"] == kept
    original = await admin.get(f"/projects/{project}/images/{image['id']}/original")
    assert original.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{saved}"
    assert await stored_ids(state, project) == {image["id"]}


async def test_image_of_another_project_is_not_found(
    admin: httpx.AsyncClient, project: str, multilabel: str
) -> None:
    (image,) = await add_images(admin, project, 1)
    for path in ("", "/image", "/thumbnail", "/original"):
        answer = await admin.get(f"/projects/{multilabel}/images/{image['id']}{path}")
        assert_error(answer, 404, "training_image_not_found")
    retag = {"image_ids": [image["id"]], "add": []}
    answer = await admin.post(f"/projects/{multilabel}/images/tags", json=retag)
    assert image["id"] in assert_error(answer, 404, "training_image_not_found")
    answer = await admin.delete(f"/projects/{multilabel}/images?id={image['id']}")
    assert answer.json() == {"deleted": [], "missing": [image["id"]]}
    assert (await admin.get(f"/projects/{project}")).json()["image_count"] == 1


async def test_file_that_is_gone_is_told(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    (image,) = await add_images(admin, project, 1)
    await state.storage.delete(f"training/{project}/{image['id']}")
    for path in ("image", "thumbnail", "original"):
        answer = await admin.get(f"/projects/{project}/images/{image['id']}/{path}")
        assert_error(answer, 404, "image_gone")


async def test_no_connection_is_held_while_a_file_is_read(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = await add_images(admin, project, 1)
    pool = state.database.engine.pool
    held_before, held = pool.checkedout(), []
    original = LocalStorage.get

    async def get(self: LocalStorage, key: str) -> bytes:
        held.append(pool.checkedout())
        return await original(self, key)

    monkeypatch.setattr(LocalStorage, "get", get)
    for path in ("image", "original"):
        assert (await admin.get(f"/projects/{project}/images/{image['id']}/{path}")).is_success
    assert held == [held_before] * 2


@pytest.mark.parametrize("trick", ["0", "%2e%2e", "..%2Fx", "%00", "1;drop", "a" * 300])
async def test_tricks_in_ids_are_refused(
    admin: httpx.AsyncClient, project: str, trick: str
) -> None:
    for path in ("", "/image", "/thumbnail", "/original", "/secret"):
        answer = await admin.get(f"/projects/{project}/images/{trick}{path}")
        assert answer.status_code in (404, 422), answer.text
        assert set(answer.json()) == {"error", "detail"}


async def test_multiclass_image_changes_its_tag(admin: httpx.AsyncClient, project: str) -> None:
    ids = await tag_ids(admin, project)
    tagged, bare = await add_images(admin, project, 1, "pizza") + await add_images(
        admin, project, 1, seed=1
    )
    address = f"/projects/{project}/images/tags"
    both = [tagged["id"], bare["id"]]
    answer = await admin.post(address, json={"image_ids": both, "add": [ids["wine"]]})
    shown = answer.json()["items"]
    assert [image["id"] for image in shown] == both
    assert [image["tags"][0]["name"] for image in shown] == ["wine", "wine"]
    assert (await admin.get(f"/projects/{project}")).json()["untagged_count"] == 0
    two = {"image_ids": both, "add": [ids["pizza"], ids["wine"]]}
    assert_error(await admin.post(address, json=two), 409, "one_tag_only")
    off = {"image_ids": both, "remove": [ids["wine"], ids["pizza"]]}
    assert all(not image["tags"] for image in (await admin.post(address, json=off)).json()["items"])
    assert (await admin.get(f"/projects/{project}")).json()["untagged_count"] == 2


async def test_multilabel_image_gathers_tags(admin: httpx.AsyncClient, multilabel: str) -> None:
    ids = await tag_ids(admin, multilabel)
    (image,) = await add_images(admin, multilabel, 1, "pizza")
    address = f"/projects/{multilabel}/images/tags"
    one = {"image_ids": [image["id"], image["id"]]}
    answer = await admin.post(address, json={**one, "add": [ids["wine"]]})
    (shown,) = answer.json()["items"]
    assert [tag["name"] for tag in shown["tags"]] == ["pizza", "wine"]
    answer = await admin.post(address, json={**one, "add": [ids["none"]]})
    assert_error(answer, 409, "negative_and_regular_tag")
    change = {**one, "add": [ids["none"]], "remove": [ids["pizza"], ids["wine"]]}
    (shown,) = (await admin.post(address, json=change)).json()["items"]
    assert [tag["name"] for tag in shown["tags"]] == ["none"]


async def test_tagging_is_all_or_nothing(admin: httpx.AsyncClient, multilabel: str) -> None:
    ids = await tag_ids(admin, multilabel)
    (pizza,) = await add_images(admin, multilabel, 1, "pizza")
    (bare,) = await add_images(admin, multilabel, 1, seed=1)
    address = f"/projects/{multilabel}/images/tags"
    for wrong, status, code in (
        ({"image_ids": [bare["id"], pizza["id"]], "add": [ids["none"]]}, 409, None),
        ({"image_ids": [bare["id"], str(uuid4())], "add": [ids["wine"]]}, 404, None),
        ({"image_ids": [bare["id"]], "add": [ids["wine"], str(uuid4())]}, 404, "tag_not_found"),
        ({"image_ids": [], "add": [ids["wine"]]}, 422, "unprocessable"),
        ({"image_ids": [str(uuid4())] * 257, "add": []}, 422, "unprocessable"),
        ({"image_ids": [bare["id"]], "add": ["wine"]}, 422, "unprocessable"),
    ):
        answer = await admin.post(address, json=wrong)
        assert answer.status_code == status, answer.text
        assert code in (None, answer.json()["error"])
    assert await tags_of(admin, multilabel, bare) == []


async def test_deleted_images_take_their_files_along(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    images = await add_images(admin, project, 3, "pizza")
    gone, address = str(uuid4()), f"/projects/{project}/images"
    answer = await admin.delete(address, params={"id": [images[0]["id"], gone]})
    assert answer.json() == {"deleted": [images[0]["id"]], "missing": [gone]}
    assert await stored_ids(state, project) == {image["id"] for image in images[1:]}
    answer = await admin.delete(f"{address}?all=true")
    assert sorted(answer.json()["deleted"]) == sorted(image["id"] for image in images[1:])
    assert await stored_ids(state, project) == set()
    totals = (await admin.get(f"/projects/{project}")).json()
    assert (totals["image_count"], totals["untagged_count"], totals["tag_count"]) == (0, 0, 2)
    for bad in ("", "?all=false", f"?all=true&id={gone}", "?id=7", "?" + f"id={gone}&" * 257):
        assert_error(await admin.delete(f"{address}{bad}"), 422, "unprocessable")


async def test_orphans_are_swept_and_images_are_not(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    places = (state.database, state.storage)
    await sweep_training_orphans(*places, timedelta(hours=-1))  # Those of other tests.
    (image,) = await add_images(admin, project, 1)
    await state.storage.put(f"training/{project}/{uuid4()}", b"left by a crash")
    await state.storage.put("training/no-id", b"left by somebody")
    assert await sweep_training_orphans(*places, timedelta(hours=1)) == 0
    assert await sweep_training_orphans(*places, timedelta(hours=-1)) == 2
    assert await stored_ids(state, project) == {image["id"]}
    assert not await state.storage.exists("training/no-id")


async def test_untagged_mark_is_what_the_tags_say(
    admin: httpx.AsyncClient, multilabel: str, state: State
) -> None:
    ids = await tag_ids(admin, multilabel)
    images = await add_images(admin, multilabel, 3, "pizza")
    images += await add_images(admin, multilabel, 3, seed=3)
    address = f"/projects/{multilabel}/images/tags"
    some = [images[0]["id"], images[3]["id"]]
    await admin.post(address, json={"image_ids": some, "add": [ids["wine"]]})
    await send_images(admin, multilabel, [jpeg(seed=4), jpeg(seed=9)], "wine")
    await admin.post(address, json={"image_ids": some[1:], "remove": [ids["wine"]]})
    await admin.delete(f"/projects/{multilabel}/tags/pizza")
    async with state.database.transaction() as session:
        marked = set(
            await session.scalars(select(TrainingImage.id).where(TrainingImage.is_untagged))
        )
        count = await session.scalar(select(func.count()).select_from(TrainingImage))
    page = (await admin.get(f"/projects/{multilabel}/images?limit=200")).json()["items"]
    assert count == len(page) == 7
    assert {str(image_id) for image_id in marked} == {
        image["id"] for image in page if not image["tags"]
    }
    assert len(marked) == 4
