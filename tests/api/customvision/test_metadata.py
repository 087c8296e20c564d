"""What is noted of images, and images found by it."""

import httpx
import pytest
from tests.api.customvision.album import Album
from tests.api.customvision.dialect import assert_refused
from tests.ids import NOBODY


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
