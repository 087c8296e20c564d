"""Verdicts: what OK and NOK do to the prediction and its image, and who may give them."""

import asyncio
import base64
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.api.clients import assert_error
from tests.pictures import jpeg

from classifr.errors import StorageFull
from classifr.feedback.retention import sweep_wrong_orphans
from classifr.predictions.retention import sweep_pending, sweep_prediction_orphans
from classifr.state import State

pytestmark = pytest.mark.usefixtures("empty_storage")


async def predicted(client: httpx.AsyncClient, data: bytes | None = None, query: str = "") -> str:
    response = await client.post(f"/predict{query}", files={"image": ("a.jpg", data or jpeg())})
    assert response.status_code == 200, response.text
    return response.json()["id"]


async def judge(
    client: httpx.AsyncClient, prediction_id: str, verdict: str, **extra: object
) -> httpx.Response:
    payload = {"prediction_id": prediction_id, "verdict": verdict, **extra}
    return await client.post("/feedback", json=payload)


async def test_ok_deletes_the_image(lucia: httpx.AsyncClient, state: State) -> None:
    prediction_id = await predicted(lucia)
    assert await state.storage.exists(f"pending/{prediction_id}")
    response = await judge(lucia, prediction_id, "ok")
    assert response.status_code == 200
    assert response.json()["wrong_prediction_id"] is None
    assert not await state.storage.exists(f"pending/{prediction_id}")


async def test_nok_moves_the_image_to_the_wrong_predictions(
    lucia: httpx.AsyncClient, state: State
) -> None:
    data = jpeg(seed=3)
    prediction_id = await predicted(lucia, data)
    response = await judge(lucia, prediction_id, "nok", correct_tag="  cannoli ")
    assert response.status_code == 200
    assert response.json()["correct_tag"] == "cannoli"
    assert response.json()["wrong_prediction_id"] == 1
    assert not await state.storage.exists(f"pending/{prediction_id}")
    assert await state.storage.get(f"wrong/{prediction_id}") == data


async def test_verdict_is_given_once(lucia: httpx.AsyncClient) -> None:
    prediction_id = await predicted(lucia)
    await judge(lucia, prediction_id, "ok")
    again = await judge(lucia, prediction_id, "nok")
    assert_error(again, 409, "prediction_already_judged")


async def test_of_two_verdicts_at_once_one_counts(lucia: httpx.AsyncClient) -> None:
    prediction_id = await predicted(lucia)
    answers = await asyncio.gather(*(judge(lucia, prediction_id, "nok") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_only_the_owner_judges(
    lucia: httpx.AsyncClient, marco: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    prediction_id = await predicted(lucia)
    for stranger in (marco, admin):
        assert_error(await judge(stranger, prediction_id, "ok"), 404, "prediction_not_found")
    assert (await judge(lucia, prediction_id, "ok")).status_code == 200


async def test_unknown_prediction_is_not_found(lucia: httpx.AsyncClient) -> None:
    assert_error(await judge(lucia, str(uuid4()), "ok"), 404, "prediction_not_found")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"prediction_id": "../../etc/passwd", "verdict": "ok"},
        {"prediction_id": str(uuid4()), "verdict": "maybe"},
        {"prediction_id": str(uuid4()), "verdict": "nok", "correct_tag": ""},
        {"prediction_id": str(uuid4()), "verdict": "nok", "correct_tag": "x" * 129},
        {"prediction_id": str(uuid4()), "verdict": "nok", "correct_tag": "a\0b"},
        {"prediction_id": str(uuid4()), "verdict": "nok", "image": "not base64!"},
        {"prediction_id": str(uuid4()), "verdict": "ok", "surprise": 1},
    ],
)
async def test_misshapen_verdict_is_refused(
    lucia: httpx.AsyncClient, payload: dict[str, object]
) -> None:
    assert_error(await lucia.post("/feedback", json=payload), 422, "unprocessable")


async def test_nok_on_an_unstored_image_must_bring_it_again(
    lucia: httpx.AsyncClient, state: State
) -> None:
    data, other = jpeg(seed=4), jpeg(seed=5)
    prediction_id = await predicted(lucia, data, "?store=false")
    assert_error(await judge(lucia, prediction_id, "nok"), 400, "verdict_image_required")
    mismatch = await judge(lucia, prediction_id, "nok", image=base64.b64encode(other).decode())
    assert_error(mismatch, 400, "verdict_image_mismatch")
    response = await judge(lucia, prediction_id, "nok", image=base64.b64encode(data).decode())
    assert response.status_code == 200
    assert await state.storage.get(f"wrong/{prediction_id}") == data


async def test_ok_on_an_unstored_image_needs_nothing_more(lucia: httpx.AsyncClient) -> None:
    prediction_id = await predicted(lucia, query="?store=false")
    assert (await judge(lucia, prediction_id, "ok")).status_code == 200


async def test_sweep_deletes_images_that_waited_too_long(
    lucia: httpx.AsyncClient, state: State
) -> None:
    waiting, judged = await predicted(lucia), await predicted(lucia)
    await judge(lucia, judged, "nok")
    assert await sweep_pending(state.database, state.storage, keep=timedelta(hours=1)) == 0
    assert await sweep_pending(state.database, state.storage, keep=timedelta(0)) == 1
    assert [found.key async for found in state.storage.list("pending/")] == []
    assert await state.storage.exists(f"wrong/{judged}")
    # The prediction stays, and can still be judged by bringing the image again.
    assert_error(await judge(lucia, waiting, "nok"), 400, "verdict_image_required")
    assert (await judge(lucia, waiting, "ok")).status_code == 200


async def test_sweep_deletes_files_that_no_row_names(
    lucia: httpx.AsyncClient, state: State
) -> None:
    waiting, judged = await predicted(lucia), await predicted(lucia)
    await judge(lucia, judged, "nok")
    await state.storage.put("pending/left-by-a-crash", b"x")
    await state.storage.put("wrong/left-by-a-crash", b"x")
    places = (state.database, state.storage)
    for sweep in (sweep_prediction_orphans, sweep_wrong_orphans):
        assert await sweep(*places, keep=timedelta(hours=1)) == 0
        assert await sweep(*places, keep=timedelta(0)) == 1
    kept = {found.key async for found in state.storage.list("")}
    assert {f"pending/{waiting}", f"wrong/{judged}"} == kept


async def test_nok_whose_commit_is_in_doubt_keeps_both_copies(
    lucia: httpx.AsyncClient, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction_id = await predicted(lucia)
    commit = AsyncSession.commit

    async def commit_and_lose_the_answer(session: AsyncSession) -> None:
        await commit(session)
        raise OperationalError("commit", None, Exception("connection lost"))

    with monkeypatch.context() as patched:
        patched.setattr(AsyncSession, "commit", commit_and_lose_the_answer)
        answer = await judge(lucia, prediction_id, "nok")
    assert_error(answer, 503, "database_unavailable")
    # The row is there, so its image must be; the pending copy is the sweep's.
    assert await state.storage.exists(f"wrong/{prediction_id}")
    assert_error(await judge(lucia, prediction_id, "nok"), 409, "prediction_already_judged")


async def test_full_disk_at_a_nok_answers_clearly_and_changes_nothing(
    lucia: httpx.AsyncClient, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction_id = await predicted(lucia)

    async def full(*_: object, **__: object) -> None:
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(state.storage, "put", full)
        assert_error(await judge(lucia, prediction_id, "nok"), 507, "storage_full")
    assert (await judge(lucia, prediction_id, "nok")).status_code == 200


async def test_failed_nok_leaves_the_prediction_as_it_was(
    lucia: httpx.AsyncClient, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction_id = await predicted(lucia)

    def fail_after_the_copy(*_: object) -> None:
        raise RuntimeError("the process was unlucky")

    monkeypatch.setattr("classifr.predictions.service.release_image", fail_after_the_copy)
    assert_error(await judge(lucia, prediction_id, "nok"), 500, "internal_error")
    monkeypatch.undo()
    assert await state.storage.exists(f"pending/{prediction_id}")
    assert not await state.storage.exists(f"wrong/{prediction_id}")
    assert (await judge(lucia, prediction_id, "nok")).status_code == 200


async def test_stranger_is_refused_before_the_body_is_looked_at(
    anonymous: httpx.AsyncClient,
) -> None:
    assert_error(await anonymous.post("/feedback", content=b"{ no json"), 401, "not_signed_in")


async def test_answer_to_nonsense_stays_short(lucia: httpx.AsyncClient) -> None:
    nonsense = {f"field{number}": 1 for number in range(5_000)}
    detail = assert_error(await lucia.post("/feedback", json=nonsense), 422, "unprocessable")
    assert len(detail) < 1_000
    assert_error(await lucia.post("/feedback", content=b"[" * 5_000), 422, "unprocessable")
