"""Images that are there, in Custom Vision's dialect: listed, tagged, deleted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from tests.api.customvision.album import Album
from tests.api.customvision.dialect import assert_refused
from tests.ids import NOBODY

from classifr.database.models import Iteration, TrainingImage
from classifr.state import State
from classifr.vision.local.images import tagging


async def test_images_are_listed_newest_first(album: Album) -> None:
    assert await album.listed() == [6, 5, 4, 3, 2, 1, 0]
    assert await album.listed("orderBy=oldest") == [0, 1, 2, 3, 4, 5, 6]
    assert await album.listed("take=2&skip=1") == [5, 4]
    assert await album.listed("take=0") == []
    assert await album.listed("skip=7") == []
    assert await album.listed(under="/tagged") == [4, 3, 2, 1, 0]
    assert await album.listed("orderBy=Oldest&skip=4", "/tagged") == [4]
    assert await album.listed(under="/untagged") == [6, 5]


async def test_images_are_counted(album: Album) -> None:
    counts = [await album.counted(under=under) for under in ("", "/tagged", "/untagged")]
    assert counts == [7, 5, 2]
    for status, count in (("All", 7), ("tagged", 5), ("UNTAGGED", 2)):
        assert await album.counted(f"taggingStatus={status}") == count
        assert len(await album.listed(f"taggingStatus={status}")) == count


async def test_an_image_with_two_of_the_tags_is_there_once(album: Album) -> None:
    both = f"tagIds={album.pizza},{album.risotto}"
    assert await album.listed(f"tagIds={album.risotto}", "/tagged") == [4, 3]
    assert await album.listed(f"{both}&take=3", "/tagged") == [4, 3, 2]
    assert await album.listed(f"{both}&take=3&skip=3") == [1, 0]
    assert await album.listed(f"{both}&orderBy=Oldest&skip=2") == [2, 3, 4]
    assert await album.counted(both, "/tagged") == 5
    assert await album.counted(f"tagIds={album.pizza}") == 4
    assert await album.counted(f"tagIds={NOBODY}") == 0
    assert await album.listed(f"tagIds={NOBODY}", "/tagged") == []
    assert await album.listed(f"{both}&taggingStatus=Untagged") == []


async def test_tags_of_another_project_find_nothing(admin, training, album: Album) -> None:
    other = (await admin.post("/projects", json={"name": "Other"})).json()["id"]
    answer = await training.get(f"/projects/{other}/images/tagged?tagIds={album.pizza}")
    assert answer.json() == []
    count = await training.get(f"/projects/{other}/images/tagged/count?tagIds={album.pizza}")
    assert count.json() == 0
    by_id = await training.get(f"/projects/{other}/images/id?imageIds={album.images[0]}")
    assert by_id.json() == []


async def test_an_iteration_shows_what_it_learned_from(album: Album, state: State) -> None:
    async with state.database.transaction() as session:
        iteration = Iteration(
            project_id=album.id,
            number=1,
            name="Iteration 1",
            started_at=datetime.now(UTC),
            tags=[{"id": album.risotto, "name": "risotto", "type": "Regular"}],
        )
        session.add(iteration)
        await session.flush()
        # As if the image had come since.
        await session.execute(
            update(TrainingImage)
            .where(TrainingImage.id == album.images[3])
            .values(created_at=datetime.now(UTC) + timedelta(hours=1))
        )
    of_it = f"iterationId={iteration.id}"
    assert await album.listed(of_it, "/tagged") == [4]
    assert await album.counted(of_it, "/tagged") == 1
    assert await album.listed(f"{of_it}&tagIds={album.pizza}", "/tagged") == [2, 1, 0]
    assert await album.listed(of_it, "/untagged") == [6, 5]
    assert await album.counted(of_it) == 6
    for under in ("", "/tagged", "/untagged", "/count", "/tagged/count", "/untagged/count"):
        answer = await album.client.get(f"{album.path}{under}?iterationId={NOBODY}")
        assert_refused(answer, 404, "NotFoundIteration")


async def test_images_by_their_ids(album: Album) -> None:
    wanted = [album.images[4], NOBODY, album.images[0], album.images[4]]
    assert await album.listed(f"imageIds={','.join(wanted)}", "/id") == [4, 0]
    assert await album.listed(under="/id") == []


async def test_what_an_image_has_not_is_left_out(album: Album) -> None:
    (image,) = (await album.client.get(f"{album.path}?take=1")).json()
    assert {"tags", "metadata", "regions"}.isdisjoint(image)


@pytest.mark.parametrize(
    "query",
    [
        *("take=257", "take=-1", "take=many", "skip=-1", "orderBy=Best", "tagIds=pizza"),
        *("taggingStatus=Some", "$filter=nonsense", "iterationId=x"),
        f"tagIds={','.join([NOBODY] * 21)}",
    ],
)
async def test_lists_that_cannot_be(album: Album, query: str) -> None:
    answer = await album.client.get(f"{album.path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("BadRequest")


def pairs(*entries: tuple[str, str]) -> dict:
    return {"tags": [{"imageId": image, "tagId": tag} for image, tag in entries]}


async def test_tags_are_given_and_taken(album: Album) -> None:
    new, old = (album.images[5], album.pizza), (album.images[0], album.pizza)
    answer = await album.client.post(f"{album.path}/tags", json=pairs(new, old, new))
    assert answer.status_code == 200
    assert answer.json() == {
        "created": pairs(new)["tags"],
        "duplicated": pairs(old, new)["tags"],
        "exceeded": [],
    }
    assert await album.listed(under="/untagged") == [6]
    query = f"imageIds={album.images[0]},{album.images[5]}&tagIds={album.pizza},{album.risotto}"
    for _ in range(2):
        taken = await album.client.delete(f"{album.path}/tags?{query}")
        assert (taken.status_code, taken.content) == (204, b"")
    assert await album.listed(under="/untagged") == [6, 5, 0]


async def test_an_image_has_no_more_tags_than_it_may(album: Album, monkeypatch) -> None:
    monkeypatch.setattr(tagging, "MAX_TAGS", 1)
    over = (album.images[0], album.risotto)
    answer = await album.client.post(f"{album.path}/tags", json=pairs(over))
    assert answer.json() == {"created": [], "duplicated": [], "exceeded": pairs(over)["tags"]}
    assert await album.counted(f"tagIds={album.risotto}") == 2


async def test_tags_that_cannot_be_given(admin, album: Album) -> None:
    made = await admin.post(f"/projects/{album.id}/tags", json={"name": "no", "type": "Negative"})
    refusals = {
        (NOBODY, album.pizza): (404, "NotFoundImage"),
        (album.images[0], NOBODY): (404, "NotFoundTag"),
        (album.images[0], made.json()["id"]): (400, "BadRequestNegativeAndRegularTagOnSameImage"),
    }
    fine = (album.images[6], album.pizza)
    for pair, refusal in refusals.items():
        answer = await album.client.post(f"{album.path}/tags", json=pairs(fine, pair))
        assert_refused(answer, *refusal)
    # All of them or none.
    assert await album.listed(under="/untagged") == [6, 5]
    many = await album.client.post(f"{album.path}/tags", json=pairs(*[fine] * 129))
    assert_refused(many, 400, "BadRequestExceededBatchSize")
    nothing = await album.client.post(f"{album.path}/tags", json={})
    assert_refused(nothing, 400, "BadRequestRequiredParamIsNull")


async def test_images_are_deleted(album: Album) -> None:
    gone = await album.client.delete(f"{album.path}?imageIds={album.images[0]},{NOBODY}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert await album.counted() == 6
    assert_refused(await album.client.delete(album.path), 400, "BadRequest")
    both = f"allImages=true&imageIds={album.images[1]}"
    assert_refused(await album.client.delete(f"{album.path}?{both}"), 400, "BadRequest")
    assert await album.counted() == 6
    every = await album.client.delete(f"{album.path}?allImages=True&allIterations=true")
    assert every.status_code == 204
    assert await album.counted() == 0


@pytest.mark.parametrize(
    ("method", "under"),
    [
        *(("GET", under) for under in ("", "/tagged", "/untagged", "/id", "/count")),
        *(("GET", under) for under in ("/tagged/count", "/untagged/count")),
        *(("DELETE", under) for under in ("", "/tags")),
        *(("POST", under) for under in ("/tags", "/metadata")),
    ],
)
async def test_every_route_asks_for_a_training_key(
    album: Album, prediction, method: str, under: str
) -> None:
    key = album.client.headers.pop("Training-Key")
    other = prediction.headers["Prediction-Key"]
    for headers in ({}, {"Training-Key": "wrong"}, {"Training-Key": other}):
        answer = await album.client.request(method, album.path + under, headers=headers)
        assert_refused(answer, 401, "401")
    path = f"/projects/{NOBODY}/images{under}"
    answer = await album.client.request(method, path, headers={"Training-Key": key})
    # Who names neither a project that is there nor what is needed is told one of both.
    assert answer.status_code in (400, 404)
