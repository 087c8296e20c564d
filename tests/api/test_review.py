"""The wrong predictions and their review by admins; the counts of verdicts."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import pytest
from PIL import Image
from tests.api.clients import assert_error
from tests.api.test_feedback import judge, predicted
from tests.pictures import encoded, jpeg, picture

from classifr.state import State

LIST = "/admin/wrong-predictions"


async def make_wrong(client: httpx.AsyncClient, count: int = 1, **extra: object) -> list[str]:
    ids = []
    for number in range(count):
        ids.append(await predicted(client, jpeg(seed=number)))
        response = await judge(client, ids[-1], "nok", **extra)
        assert response.status_code == 200, response.text
    return ids


async def test_every_field_of_the_brief_is_there(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    prediction = (await lucia.post("/predict", files={"image": ("a.jpg", jpeg())})).json()
    await judge(lucia, prediction["id"], "nok", correct_tag="cannoli")
    (wrong,) = (await admin.get(LIST)).json()["items"]
    assert wrong["id"] == 1
    assert wrong["prediction_id"] == prediction["id"]
    assert wrong["image_url"] == f"{LIST}/1/image"
    assert wrong["tag"] == prediction["predictions"][0]["tag"]
    assert wrong["probability"] == prediction["predictions"][0]["probability"]
    assert wrong["username"] == "lucia"
    assert wrong["correct_tag"] == "cannoli"
    assert (wrong["project"], wrong["iteration"]) == ("ImageNet", "ImageNet")
    assert wrong["predictions"] == prediction["predictions"][:5]
    age = datetime.now(UTC) - datetime.fromisoformat(wrong["created_at"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert (await admin.get(f"{LIST}/1")).json() == wrong


async def test_list_comes_in_pages_newest_first(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    await make_wrong(lucia, 5)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(f"{LIST}?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert seen == [5, 4, 3, 2, 1]


async def test_page_stays_in_place_while_others_delete(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    await make_wrong(lucia, 4)
    page = (await admin.get(f"{LIST}?limit=2")).json()
    await admin.delete(f"{LIST}/3")
    rest = (await admin.get(f"{LIST}?limit=2&cursor={page['next']}")).json()
    assert [item["id"] for item in rest["items"]] == [2, 1]


async def test_filters_narrow_the_list(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, marco: httpx.AsyncClient
) -> None:
    await make_wrong(lucia, 1, correct_tag="cannoli")
    await make_wrong(marco, 2)
    first = (await admin.get(f"{LIST}/1")).json()
    now = datetime.now(UTC)
    cases = [
        ({"username": "marco"}, [3, 2]),
        ({"username": "nobody"}, []),
        ({"tag": first["tag"], "username": "lucia"}, [1]),
        ({"tag": "no such tag"}, []),
        ({"correct_tag": "cannoli"}, [1]),
        ({"created_from": (now - timedelta(hours=1)).isoformat()}, [3, 2, 1]),
        ({"created_from": (now + timedelta(hours=1)).isoformat()}, []),
        ({"created_to": (now - timedelta(hours=1)).isoformat()}, []),
        ({"created_to": "9999-12-31T00:00:00Z"}, [3, 2, 1]),
        ({"created_from": "0001-01-01T00:00:00Z"}, [3, 2, 1]),
    ]
    for params, expected in cases:
        answer = await admin.get(LIST, params=params)
        assert [item["id"] for item in answer.json()["items"]] == expected, params


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "created_from=yesterday",
        "created_from=2026-01-01T00:00:00",
        "created_from=0001-01-01T00:00:00%2B14:00",
        "created_to=9999-12-31T23:59:59-14:00",
        "tag=%00",
        "username=%00",
    ],
)
async def test_bad_filter_is_refused(admin: httpx.AsyncClient, query: str) -> None:
    assert_error(await admin.get(f"{LIST}?{query}"), 422, "unprocessable")


async def test_images_are_shown_fresh_and_without_metadata(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret place"
    data = encoded(picture(800, 400), exif=exif) + b"<script>alert(1)</script>PK\x03\x04"
    await judge(lucia, await predicted(lucia, data), "nok")
    for rendition, size in (("image", (400, 800)), ("thumbnail", (160, 320))):
        response = await admin.get(f"{LIST}/1/{rendition}")
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert b"script" not in response.content
        assert b"secret" not in response.content
        shown = Image.open(BytesIO(response.content))
        assert (shown.format, shown.size) == ("JPEG", size)
        assert not shown.getexif()


async def test_correct_tag_is_set_and_taken_back(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    await make_wrong(lucia)
    response = await admin.patch(f"{LIST}/1", json={"correct_tag": "tiramisu"})
    assert response.json()["correct_tag"] == "tiramisu"
    assert (await admin.get(f"{LIST}/1")).json()["correct_tag"] == "tiramisu"
    response = await admin.patch(f"{LIST}/1", json={"correct_tag": None})
    assert response.json()["correct_tag"] is None
    for bad in ({"correct_tag": ""}, {"correct_tag": "x" * 129}, {}, {"tag": "x"}):
        assert_error(await admin.patch(f"{LIST}/1", json=bad), 422, "unprocessable")


async def test_delete_takes_row_and_image(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    (prediction_id,) = await make_wrong(lucia)
    assert (await admin.delete(f"{LIST}/1")).status_code == 204
    assert not await state.storage.exists(f"wrong/{prediction_id}")
    for gone in (
        await admin.delete(f"{LIST}/1"),
        await admin.get(f"{LIST}/1"),
        await admin.get(f"{LIST}/1/image"),
        await admin.patch(f"{LIST}/1", json={"correct_tag": "x"}),
    ):
        assert_error(gone, 404, "wrong_prediction_not_found")


async def test_many_are_deleted_at_once(admin: httpx.AsyncClient, lucia: httpx.AsyncClient) -> None:
    await make_wrong(lucia, 3)
    response = await admin.delete(f"{LIST}?id=1&id=3&id=77")
    assert response.json() == {"deleted": [1, 3], "missing": [77]}
    assert [item["id"] for item in (await admin.get(LIST)).json()["items"]] == [2]
    assert_error(await admin.delete(LIST), 422, "unprocessable")


async def test_relabel_and_delete_at_once_do_not_crash(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    for wrong_id in range(1, 6):
        await make_wrong(lucia)
        relabelled, deleted = await asyncio.gather(
            admin.patch(f"{LIST}/{wrong_id}", json={"correct_tag": "tiramisu"}),
            admin.delete(f"{LIST}/{wrong_id}"),
        )
        assert deleted.status_code == 204
        assert relabelled.status_code in (200, 404)


async def test_lost_image_file_is_a_clear_404(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    (prediction_id,) = await make_wrong(lucia)
    await state.storage.delete(f"wrong/{prediction_id}")
    assert_error(await admin.get(f"{LIST}/1/image"), 404, "image_gone")
    assert (await admin.delete(f"{LIST}/1")).status_code == 204


async def test_verdicts_are_counted_per_day_and_tag(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    empty = (await admin.get("/admin/monitoring/verdicts?days=7")).json()
    assert (empty["ok"], empty["nok"], empty["ok_rate"]) == (0, 0, None)
    assert len(empty["per_day"]) == 7
    for verdict in ("ok", "ok", "ok", "nok"):
        await judge(lucia, await predicted(lucia), verdict)
    await predicted(lucia)
    counted = (await admin.get("/admin/monitoring/verdicts?days=7")).json()
    assert (counted["ok"], counted["nok"], counted["unjudged"]) == (3, 1, 1)
    assert counted["ok_rate"] == 0.75
    assert counted["per_day"][-1] == {
        "day": datetime.now(UTC).date().isoformat(),
        "ok": 3,
        "nok": 1,
    }
    (tag,) = counted["per_tag"]
    assert (tag["ok"], tag["nok"], tag["ok_rate"]) == (3, 1, 0.75)


async def test_deleting_a_wrong_prediction_keeps_its_verdict_counted(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    await make_wrong(lucia)
    await admin.delete(f"{LIST}/1")
    assert (await admin.get("/admin/monitoring/verdicts")).json()["nok"] == 1
