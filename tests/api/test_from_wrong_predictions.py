"""Wrong predictions that become training images."""

import hashlib

import httpx
import pytest
from tests.api.clients import assert_error
from tests.api.projects import make_project, make_tag, statuses
from tests.api.test_feedback import judge, predicted
from tests.pictures import encoded, jpeg, picture

from classifr.state import State
from classifr.training.images import wrong_predictions

REVIEW = "/admin/wrong-predictions"


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return (await make_project(admin))["id"]


async def make_wrong(client: httpx.AsyncClient, data: bytes, correct_tag: str | None) -> int:
    extra = {"correct_tag": correct_tag} if correct_tag else {}
    judged = await judge(client, await predicted(client, data), "nok", **extra)
    return judged.json()["wrong_prediction_id"]


async def add(
    client: httpx.AsyncClient, project: str, ids: list[int], **extra: bool
) -> httpx.Response:
    return await client.post(
        f"/projects/{project}/images/from-wrong-predictions", json={"ids": ids, **extra}
    )


async def test_each_goes_in_under_its_correct_tag(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, project: str, state: State
) -> None:
    await make_tag(admin, project, "pizza")
    # Other tests leave files behind.
    before = {found.key async for found in state.storage.list("wrong/")}
    ids = [
        await make_wrong(lucia, jpeg(seed=number), tag)
        for number, tag in enumerate(["cannoli", "pizza", "cannoli"])
    ]
    response = await add(admin, project, ids[::-1])
    assert statuses(response) == ["OK"] * 3
    assert response.json()["is_batch_successful"]
    images = [item["image"] for item in response.json()["items"]]
    assert [image["tags"][0]["name"] for image in images] == ["cannoli", "pizza", "cannoli"]
    assert images[2]["sha256"] == hashlib.sha256(jpeg(seed=0)).hexdigest()
    tags = (await admin.get(f"/projects/{project}/tags")).json()["items"]
    assert [(tag["name"], tag["image_count"]) for tag in tags] == [("cannoli", 2), ("pizza", 1)]
    assert (await admin.get(REVIEW)).json()["items"] == []
    assert {found.key async for found in state.storage.list("wrong/")} == before
    assert (await admin.get("/admin/monitoring/verdicts")).json()["nok"] == 3


async def test_they_stay_if_so_asked(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, project: str
) -> None:
    wrong_id = await make_wrong(lucia, jpeg(), "pizza")
    assert statuses(await add(admin, project, [wrong_id], keep=True)) == ["OK"]
    assert (await admin.get(f"{REVIEW}/{wrong_id}/image")).status_code == 200
    assert statuses(await add(admin, project, [wrong_id, wrong_id])) == ["OKDuplicate"]
    assert (await admin.get(REVIEW)).json()["items"] == []


async def test_without_correct_tag_none_goes_in(
    admin: httpx.AsyncClient,
    lucia: httpx.AsyncClient,
    project: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wrong_predictions, "_GROUP", 1)
    known = await make_wrong(lucia, jpeg(), "pizza")
    unknown = await make_wrong(lucia, jpeg(seed=1), None)
    sentence = assert_error(await add(admin, project, [known, unknown]), 409, "correct_tag_missing")
    assert sentence.endswith(f": {unknown}.")
    assert (await admin.get(f"/projects/{project}")).json()["image_count"] == 0
    assert len((await admin.get(REVIEW)).json()["items"]) == 2


async def test_those_that_cannot_go_in_stay(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, project: str, state: State
) -> None:
    fine = await make_wrong(lucia, jpeg(), "pizza")
    narrow = await make_wrong(lucia, encoded(picture(300, 10)), "pizza")
    gone = await make_wrong(lucia, jpeg(seed=3), "pizza")
    (key,) = [
        f"wrong/{item['prediction_id']}" for item in (await admin.get(REVIEW)).json()["items"][:1]
    ]
    await state.storage.delete(key)
    response = await add(admin, project, [fine, narrow, gone, 999])
    expected = ["OK", "ErrorImageDimensions", "ErrorSource", "ErrorSource"]
    assert statuses(response) == expected
    left = [item["id"] for item in (await admin.get(REVIEW)).json()["items"]]
    assert left == [gone, narrow]


async def test_many_go_in_by_groups(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, project: str
) -> None:
    ids = [await make_wrong(lucia, jpeg(seed=number), f"{number % 3}") for number in range(20)]
    assert statuses(await add(admin, project, ids)) == ["OK"] * 20


async def test_bad_bodies_are_refused(admin: httpx.AsyncClient, project: str) -> None:
    for ids in ([], [0], [2**31], ["x"], list(range(1, 66))):
        assert_error(await add(admin, project, ids), 422, "unprocessable")
    assert_error(await add(admin, "ImageNet", [1]), 409, "builtin_project")
