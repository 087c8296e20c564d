"""Predictions that are kept: found, shown, learnt from, let go of."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from tests.api.clients import client_of, create_account
from tests.api.customvision.dialect import (
    ORIGIN,
    PREDICTION_URL,
    assert_refused,
    make_key,
    raw_client,
)
from tests.api.customvision.published import Published, make_published
from tests.pictures import encoded, jpeg, picture

from classifr.accounts.repository import find_user
from classifr.database.models import Prediction, Role, Scope
from classifr.predictions.retention import (
    sweep_pending,
    sweep_prediction_orphans,
    sweep_stored,
)
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID

START = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("empty_storage")


@pytest.fixture
async def kept(prediction: httpx.AsyncClient, published: Published, state: State) -> list[UUID]:
    """Three predictions, oldest first: a minute apart, less and less sure of the first tag."""
    ids = []
    for number, application in enumerate(("till", "till", "kitchen")):
        response = await prediction.post(
            f"{published.classify}/image?application={application}", content=jpeg(seed=number)
        )
        ids.append(UUID(response.json()["id"]))
        async with state.database.transaction() as session:
            row = await session.get_one(Prediction, ids[-1])
            row.created_at = START + timedelta(minutes=number)
            row.probability = 0.9 - number / 10
            first, second = sorted(row.top, key=lambda likely: likely["tag"])
            row.top = [
                {**first, "probability": 0.9 - number / 10},
                {**second, "probability": 0.1 + number / 10},
            ]
    return ids


async def query(client: httpx.AsyncClient, published: Published, **token: object) -> dict:
    response = await client.post(f"{published.project}/predictions/query", json=token)
    assert response.status_code == 200, response.text
    return response.json()


async def found(client: httpx.AsyncClient, published: Published, **token: object) -> list[UUID]:
    results = (await query(client, published, **token))["results"]
    return [UUID(result["id"]) for result in results]


async def row_of(state: State, prediction_id: UUID) -> Prediction:
    async with state.database.transaction() as session:
        return await session.get_one(Prediction, prediction_id)


async def files(state: State) -> set[str]:
    return {found.key async for found in state.storage.list("stored/")}


def local(address: str) -> str:
    """The path and query of an address of ours."""
    assert address.startswith(f"{ORIGIN}/customvision/files/")
    return address.removeprefix(ORIGIN)


async def test_they_are_listed_in_every_order(
    training: httpx.AsyncClient, published: Published, kept: list[UUID]
) -> None:
    assert await found(training, published) == kept[::-1]
    assert await found(training, published, orderBy="Newest", maxCount=0) == kept[::-1]
    assert await found(training, published, orderBy="oldest", maxCount=100_000) == kept
    # The least sure first.
    assert await found(training, published, orderBy="Suggested") == kept[::-1]


@pytest.mark.parametrize("order", ["Newest", "Oldest", "Suggested"])
async def test_pages_continue_where_the_last_ended(
    training: httpx.AsyncClient, published: Published, kept: list[UUID], order: str
) -> None:
    everything = await found(training, published, orderBy=order)
    token: dict = {"maxCount": 1, "orderBy": order}
    seen = []
    for _ in kept:
        page = await query(training, published, **token)
        assert len(page["results"]) == 1
        seen.append(UUID(page["results"][0]["id"]))
        token = page["token"]
    assert seen == everything
    assert token["continuation"] is None


async def test_page_follows_a_prediction_that_was_deleted_meanwhile(
    training: httpx.AsyncClient, published: Published, kept: list[UUID]
) -> None:
    page = await query(training, published, maxCount=1)
    await training.delete(f"{published.project}/predictions?ids={kept[2]}")
    assert await found(training, published, **page["token"]) == [kept[1]]


async def test_they_are_chosen(
    training: httpx.AsyncClient, published: Published, kept: list[UUID], tags: dict[str, UUID]
) -> None:
    cannoli, risotto = str(tags["cannoli"]), str(tags["risotto"])

    async def chosen(**token: object) -> list[UUID]:
        return await found(training, published, orderBy="Oldest", **token)

    assert await chosen(application="till") == kept[:2]
    assert await chosen(application="") == kept
    assert await chosen(iterationId=str(published.iteration_id)) == kept
    assert await chosen(iterationId=str(uuid4())) == []
    assert await chosen(startTime="2026-03-01T12:01:00Z") == kept[1:]
    assert await chosen(endTime="2026-03-01T12:01:00.000") == kept[:2]
    assert await chosen(startTime="2026-03-01T14:00:00+02:00") == kept
    assert await chosen(tags=[{"id": cannoli, "minThreshold": 0.75}]) == kept[:2]
    assert await chosen(tags=[{"id": risotto, "maxThreshold": 0.15}]) == kept[:1]
    both = [{"id": cannoli, "minThreshold": 0.75}, {"id": risotto, "minThreshold": 0.15}]
    assert await chosen(tags=both) == kept[1:2]
    assert await chosen(tags=[{"id": str(uuid4())}]) == []
    assert await chosen(tags=[]) == await chosen(tags=None) == kept


async def test_token_comes_back_as_it_was_sent(
    training: httpx.AsyncClient, published: Published, tags: dict[str, UUID]
) -> None:
    tag = {"id": str(tags["cannoli"]), "minThreshold": 0.25, "maxThreshold": 1.0}
    token = {
        "session": "1:42",
        "continuation": None,
        "maxCount": 7,
        "orderBy": "Oldest",
        "tags": [tag],
        "iterationId": str(published.iteration_id),
        "startTime": "2026-03-01T12:00:00Z",
        "endTime": None,
        "application": "till",
    }
    page = await query(training, published, **token)
    assert page == {"token": token, "results": []}
    bare = (await query(training, published, **dict.fromkeys(token)))["token"]
    assert bare.pop("session")
    assert bare == {
        "continuation": None,
        "maxCount": 0,
        "orderBy": "Newest",
        "tags": None,
        "iterationId": None,
        "startTime": None,
        "endTime": None,
        "application": None,
    }


async def test_result_says_what_was_answered_and_shows_the_image(
    prediction: httpx.AsyncClient,
    training: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    published: Published,
) -> None:
    image = encoded(picture(1100, 400), "PNG")
    answered = (await prediction.post(f"{published.classify}/image", content=image)).json()
    (result,) = (await query(training, published))["results"]
    assert {name: result[name] for name in answered} == answered
    assert result["domain"] == "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
    original = await stranger.get(local(result["originalImageUri"]))
    assert original.content == image
    assert original.headers["content-type"] == "image/png"
    assert original.headers["x-content-type-options"] == "nosniff"
    for name in ("resizedImageUri", "thumbnailUri"):
        smaller = await stranger.get(local(result[name]))
        assert smaller.status_code == 200, smaller.text
        assert smaller.headers["content-type"] == "image/jpeg"
    unsigned = local(result["originalImageUri"]).split("?")[0]
    assert_refused(await stranger.get(unsigned), 403, "Forbidden")
    await training.delete(f"{published.project}/predictions?ids={answered['id']}")
    gone = await stranger.get(local(result["originalImageUri"]))
    assert_refused(gone, 404, "NotFoundImage")


async def test_queries_that_cannot_be_are_refused(
    training: httpx.AsyncClient, published: Published, kept: list[UUID]
) -> None:
    path = f"{published.project}/predictions/query"
    tag = {"id": str(uuid4())}
    for token, code in (
        ({"tags": [tag] * 3}, "BadRequestPredictionTagsExceededCount"),
        ({"maxCount": -1}, "BadRequestPredictionInvalidQueryParameters"),
        ({"maxCount": 2**31}, "BadRequestPredictionResultsExceededCount"),
        ({"continuation": "elsewhere"}, "BadRequestPredictionInvalidQueryParameters"),
        ({"continuation": "\ud800"}, "BadRequest"),
        ({"session": "\ud800"}, "BadRequest"),
        ({"application": "\ud800"}, "BadRequest"),
        ({"application": "\0"}, "BadRequest"),
        ({"continuation": str(uuid4())}, "BadRequestPredictionInvalidQueryParameters"),
        ({"orderBy": "Best"}, "BadRequest"),
        ({"iterationId": "first"}, "BadRequestInvalidIds"),
        ({"startTime": "yesterday"}, "BadRequest"),
        *(
            ({name: time}, "BadRequestPredictionInvalidQueryParameters")
            for name in ("startTime", "endTime")
            for time in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
        ),
    ):
        # As JSON writes it, which holds for half a character too.
        response = await training.post(path, content=json.dumps(token))
        assert_refused(response, 400, code)
    for project in (uuid4(), BUILTIN_PROJECT_ID):
        response = await training.post(f"/projects/{project}/predictions/query", json={})
        assert_refused(response, 404, "NotFoundProject")
        response = await training.delete(f"/projects/{project}/predictions?ids={kept[0]}")
        assert_refused(response, 404, "NotFoundProject")


async def test_other_projects_predictions_are_not_seen(
    training: httpx.AsyncClient, state: State, kept: list[UUID]
) -> None:
    other = await make_published(state, "Other")
    assert await found(training, other) == []
    ids = ",".join(map(str, kept))
    assert (await training.delete(f"{other.project}/predictions?ids={ids}")).status_code == 204
    assert await files(state) == {f"stored/{prediction_id}" for prediction_id in kept}
    page = f"{other.project}/predictions/query"
    refused = await training.post(page, json={"continuation": kept[0].hex})
    assert_refused(refused, 400, "BadRequestPredictionInvalidQueryParameters")


async def test_deleted_ones_are_gone_with_their_images(
    training: httpx.AsyncClient, published: Published, kept: list[UUID], state: State
) -> None:
    path = f"{published.project}/predictions"
    for _ in range(2):
        response = await training.delete(f"{path}?ids={kept[0]},{kept[1]},{uuid4()}")
        assert response.status_code == 204
        assert response.content == b""
    assert await found(training, published) == [kept[2]]
    assert await files(state) == {f"stored/{kept[2]}"}
    # What was answered is still counted.
    assert (await row_of(state, kept[0])).kept_until is None
    assert_refused(await training.delete(path), 400, "BadRequestPredictionIdsMissing")
    assert_refused(await training.delete(f"{path}?ids="), 400, "BadRequestPredictionIdsMissing")
    many = ",".join(str(uuid4()) for _ in range(65))
    refused = await training.delete(f"{path}?ids={many}")
    assert_refused(refused, 400, "BadRequestPredictionIdsExceededCount")
    assert_refused(await training.delete(f"{path}?ids=a"), 400, "BadRequestInvalidIds")


async def test_they_go_when_their_time_has_passed_and_not_before(
    training: httpx.AsyncClient, published: Published, kept: list[UUID], state: State
) -> None:
    places = (state.database, state.storage)
    # They have waited for a verdict for longer than images do that wait for nothing else.
    assert await sweep_pending(*places, keep=timedelta(0)) == 0
    assert await sweep_stored(*places) == 0
    await state.storage.put("stored/left-by-a-crash", b"x")
    await state.storage.put(f"stored/{uuid4()}", b"x")
    assert await sweep_prediction_orphans(*places, keep=timedelta(0)) == 2
    async with state.database.transaction() as session:
        await session.execute(
            update(Prediction)
            .where(Prediction.id == kept[0])
            .values(kept_until=datetime.now(UTC) - timedelta(seconds=1))
        )
    assert await sweep_stored(*places) == 1
    assert await found(training, published) == kept[:0:-1]
    assert await files(state) == {f"stored/{prediction_id}" for prediction_id in kept[1:]}


@pytest.fixture
async def lucia_asks(
    app: FastAPI, state: State
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A user in our own API, and the same user's prediction client."""
    token = await create_account(state, "lucia", Role.USER)
    async with state.database.transaction() as session:
        user = await find_user(session, "lucia")
    key = await make_key(state, user, Scope.PREDICT)
    async with (
        client_of(app, token) as own,
        raw_client(app, PREDICTION_URL, {"Prediction-Key": key}) as dialect,
    ):
        yield own, dialect


async def test_verdict_of_its_owner_ends_the_keeping(
    training: httpx.AsyncClient,
    lucia_asks: tuple[httpx.AsyncClient, httpx.AsyncClient],
    published: Published,
    state: State,
) -> None:
    own, dialect = lucia_asks
    for verdict in ("nok", "ok"):
        response = await dialect.post(f"{published.classify}/image", content=jpeg())
        prediction_id = response.json()["id"]
        judged = await own.post(
            "/feedback", json={"prediction_id": prediction_id, "verdict": verdict}
        )
        assert judged.status_code in (200, 201), judged.text
        assert await state.storage.exists(f"wrong/{prediction_id}") == (verdict == "nok")
        assert await files(state) == set()
        assert await found(training, published) == []


async def test_they_become_training_images(
    training: httpx.AsyncClient,
    published: Published,
    kept: list[UUID],
    tags: dict[str, UUID],
    state: State,
) -> None:
    tag = str(tags["cannoli"])
    entries = [
        {"id": str(kept[0]), "tagIds": [tag]},
        {"id": str(uuid4()), "tagIds": [tag]},
        {"id": str(kept[1]), "tagIds": [str(uuid4())]},
    ]
    path = f"{published.project}/images/predictions"
    batch = {"images": entries, "metadata": {"from": "till"}}
    response = await training.post(path, json=batch)
    assert response.status_code == 207, response.text
    results = response.json()["images"]
    assert [result["status"] for result in results] == ["OK", "ErrorSource", "ErrorInvalidTag"]
    assert [result["sourceUrl"] for result in results] == [entry["id"] for entry in entries]
    image = results[0]["image"]
    assert [borne["tagId"] for borne in image["tags"]] == [tag]
    assert image["metadata"] == {"from": "till"}
    # What went in is kept as a prediction no more; what did not is still there.
    assert await found(training, published) == kept[:0:-1]
    assert await files(state) == {f"stored/{prediction_id}" for prediction_id in kept[1:]}
    again = await training.post(path, json={"images": entries[:1]})
    assert [result["status"] for result in again.json()["images"]] == ["ErrorSource"]
    count = await training.get(f"{published.project}/images/tagged/count")
    assert count.json() == 1
