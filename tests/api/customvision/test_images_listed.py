"""Images that are there, in Custom Vision's dialect: listed, shown, tagged, noted of, deleted."""

import base64
import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image
from sqlalchemy import update
from tests.api.customvision.dialect import ORIGIN, assert_refused
from tests.pictures import dish

from classifr.customvision import addresses
from classifr.customvision.addresses import FileAddresses
from classifr.database.models import Iteration, TrainingImage
from classifr.logs import configure_logs
from classifr.state import State
from classifr.vision.local.images import tagging

NOBODY = "00000000-0000-4000-8000-00000000dead"


@dataclass
class Album:
    """A Multilabel project: pizza 0 to 3, of which 3 has risotto too; risotto; two untagged."""

    client: httpx.AsyncClient
    id: str
    pizza: str
    risotto: str
    images: list[str]

    @property
    def path(self) -> str:
        return f"/projects/{self.id}/images"

    async def listed(self, query: str = "", under: str = "") -> list[int]:
        """Which images are listed, by the order in which they were added."""
        answer = await self.client.get(f"{self.path}{under}?{query}")
        assert answer.status_code == 200, answer.text
        return [self.images.index(image["id"]) for image in answer.json()]

    async def counted(self, query: str = "", under: str = "") -> int:
        answer = await self.client.get(f"{self.path}{under}/count?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def album(admin: httpx.AsyncClient, training: httpx.AsyncClient) -> Album:
    project = await admin.post(
        "/projects", json={"name": "Album", "classification_type": "Multilabel"}
    )
    project_id = project.json()["id"]
    tags = {}
    for name in ("pizza", "risotto"):
        made = await admin.post(f"/projects/{project_id}/tags", json={"name": name})
        tags[name] = made.json()["id"]
    pizza, risotto = tags["pizza"], tags["risotto"]
    tag_ids = [[pizza], [pizza], [pizza], [pizza, risotto], [risotto], [], []]
    batch = [
        {"contents": base64.b64encode(dish("pizza", seed)).decode(), "tagIds": own}
        for seed, own in enumerate(tag_ids)
    ]
    sent = await training.post(f"/projects/{project_id}/images/files", json={"images": batch})
    assert sent.status_code == 200, sent.text
    images = [each["image"]["id"] for each in sent.json()["images"]]
    return Album(training, project_id, pizza, risotto, images)


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


# Metadata


async def note(album: Album, places: list[int], metadata: dict[str, str]) -> httpx.Response:
    ids = ",".join(album.images[place] for place in places)
    return await album.client.post(f"{album.path}/metadata?imageIds={ids}", json=metadata)


async def test_images_are_found_by_what_is_noted_of_them(album: Album) -> None:
    assert (await note(album, [0, 1], {"cook": "Ada", "oven": "wood"})).status_code == 200
    assert (await note(album, [2], {"cook": "O'Neil", "the oven": "gas"})).status_code == 200
    asked = {
        "metadata=cook eq 'Ada'": [1, 0],
        "cook eq 'Ada' and oven ne 'wood'": [],
        "cook EQ 'Ada' or cook eq 'O''Neil'": [2, 1, 0],
        "oven ne 'wood' and cook ne 'Bo' or metadata=cook eq 'Ada'": [6, 5, 4, 3, 2, 1, 0],
        "'the oven' eq 'gas'": [2],
        "cook eq 'ada'": [],
    }
    for question, expected in asked.items():
        query = str(httpx.QueryParams({"$filter": question}))
        assert await album.listed(query) == expected, question
        assert await album.counted(query) == len(expected)
    query = str(httpx.QueryParams({"$filter": "cook eq 'Ada'", "tagIds": album.risotto}))
    assert await album.listed(query) == []


@pytest.mark.parametrize(
    "question",
    [
        *("cook", "cook is 'Ada'", "cook eq Ada", "cook eq 'Ada", "cook eq 'Ada' and"),
        *("cook eq 'Ada' xor oven eq 'gas'", "(cook eq 'Ada')", "cook eq 'a\0'", "or cook eq 'A'"),
        " and ".join(["a eq 'b'"] * 21),
        "a eq '" + "''" * 5000,
    ],
)
async def test_filters_that_cannot_be_read(album: Album, question: str) -> None:
    answer = await album.client.get(album.path, params={"$filter": question})
    assert_refused(answer, 400, "BadRequest")


async def test_metadata_adds_to_what_was_noted(album: Album) -> None:
    first = await note(album, [0], {"a": "1", "b": "2"})
    assert first.json() == {
        "isBatchSuccessful": True,
        "images": [{"imageId": album.images[0], "status": "OK", "metadata": {"a": "1", "b": "2"}}],
    }
    eight = {f"k{number}": "v" for number in range(8)}
    assert (await note(album, [0], eight)).json()["isBatchSuccessful"]
    ids = f"{album.images[0]},{NOBODY},{album.images[1]}"
    answer = await album.client.post(f"{album.path}/metadata?imageIds={ids}", json={"c": "3"})
    assert answer.status_code == 207
    found = [(each["status"], each["metadata"]) for each in answer.json()["images"]]
    assert found == [
        ("ErrorLimitExceed", None),
        ("ErrorImageNotFound", None),
        ("OK", {"c": "3"}),
    ]
    (image,) = (await album.client.get(f"{album.path}/id?imageIds={album.images[0]}")).json()
    assert image["metadata"] == {"a": "1", "b": "2", **eight}


async def test_metadata_that_cannot_be(album: Album) -> None:
    assert_refused(await note(album, [0], {"k": "v" * 257}), 400, "BadRequestImageMetadataValue")
    assert_refused(await note(album, [0], {"k" * 129: "v"}), 400, "BadRequestImageMetadataKey")
    answer = await album.client.post(f"{album.path}/metadata", json={"k": "v"})
    assert_refused(answer, 400, "BadRequestRequiredParamIsNull")
    answer = await album.client.post(f"{album.path}/metadata?imageIds={NOBODY}", json=["k"])
    assert_refused(answer, 400, "BadRequest")


# Tags


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


# Deleting


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


# Addresses


async def addresses_of(album: Album, place: int) -> dict[str, str]:
    answer = await album.client.get(f"{album.path}/id?imageIds={album.images[place]}")
    (image,) = answer.json()
    names = ("originalImageUri", "resizedImageUri", "thumbnailUri")
    return {name: image[name] for name in names}


async def test_images_are_fetched_without_a_key(album: Album, stranger) -> None:
    uris = await addresses_of(album, 0)
    for name, uri in uris.items():
        assert uri.startswith(f"{ORIGIN}/customvision/files/")
        answer = await stranger.get(uri)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
        is_same = answer.content == dish("pizza", 0)
        assert is_same == (name == "originalImageUri")
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (128, 128)
        looked = await stranger.head(uri)
        assert looked.status_code == 200
        assert looked.headers["content-length"] == answer.headers["content-length"]


def test_an_address_stays_the_same_for_an_hour() -> None:
    maker = FileAddresses(ORIGIN, b"k" * 32)
    begun = datetime(2026, 1, 1, 12, tzinfo=UTC)
    first, later, next_hour = (
        maker.sign("a b", now=begun + timedelta(minutes=minutes)) for minutes in (0, 59, 60)
    )
    assert first == later != next_hour
    assert first.startswith(f"{ORIGIN}/customvision/files/a%20b?se=")


async def test_an_address_cannot_be_changed(album: Album, stranger) -> None:
    uri = (await addresses_of(album, 0))["thumbnailUri"]
    expires = parse_qs(urlsplit(uri).query)["se"][0]
    for changed in (
        uri.split("?")[0],
        uri.replace("thumbnail", "original"),
        uri.replace(album.images[0], album.images[1]),
        uri.replace(expires, str(int(expires) + 3600)),
        uri.replace(expires, ""),
        uri.replace(expires, "9" * 400),
        uri.replace(expires, "-1"),
        uri + "é",
        uri[:-1],
    ):
        assert_refused(await stranger.get(changed), 403, "Forbidden")
    assert (await stranger.get(uri)).status_code == 200


async def test_an_address_expires_after_a_day(album: Album, stranger, state: State) -> None:
    key = state.token_signer.derive_key(addresses._PURPOSE)
    maker = FileAddresses(ORIGIN, key)
    now = datetime.now(UTC)
    parts = ("images", album.id, album.images[0], "original")
    for hours, status in ((23.9, 200), (25.1, 403)):
        uri = maker.sign(*parts, now=now - timedelta(hours=hours))
        assert (await stranger.get(uri)).status_code == status


async def test_an_image_that_is_gone(album: Album, stranger) -> None:
    uri = (await addresses_of(album, 0))["originalImageUri"]
    await album.client.delete(f"{album.path}?imageIds={album.images[0]}")
    assert_refused(await stranger.get(uri), 404, "NotFoundImage")


async def test_addresses_begin_as_the_settings_say(album: Album, state, monkeypatch) -> None:
    settings = state.settings.model_copy(update={"public_url": "https://photos.example/ai/"})
    monkeypatch.setattr(state, "settings", settings)
    uri = (await addresses_of(album, 0))["originalImageUri"]
    assert uri.startswith("https://photos.example/ai/customvision/files/images/")


async def test_no_log_tells_an_address(album: Album, stranger, state: State) -> None:
    stream = io.StringIO()
    configure_logs(state.settings.model_copy(update={"log_level": "DEBUG"}))
    logging.getLogger().handlers[0].setStream(stream)
    uri = (await addresses_of(album, 0))["originalImageUri"]
    await stranger.get(uri)
    configure_logs(state.settings)
    assert album.images[0] in stream.getvalue()
    assert parse_qs(urlsplit(uri).query)["sig"][0] not in stream.getvalue()


# Keys


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
