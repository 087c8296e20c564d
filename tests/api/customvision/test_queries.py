"""Query parameters are found in any case, and empty ones are as if they were not there."""

import httpx
import pytest
from fastapi import FastAPI
from tests.api.customvision.album import Album
from tests.api.customvision.dialect import ORIGIN, assert_refused, raw_client
from tests.api.customvision.published import Published
from tests.pictures import dish, jpeg

BINARY = {"Content-Type": "application/octet-stream"}


@pytest.mark.parametrize("name", ["tagIds", "tagids", "TagIds", "TAGIDS"])
async def test_tags_of_an_image_are_named_in_any_case(album: Album, name: str) -> None:
    sent = await album.client.post(
        f"{album.path}?{name}={album.pizza}", content=dish("pizza", 99), headers=BINARY
    )
    (created,) = sent.json()["images"]
    assert [tag["tagId"] for tag in created["image"]["tags"]] == [album.pizza]


async def test_lists_are_cut_in_any_case(album: Album) -> None:
    assert len(await album.listed("TAKE=1&Skip=1", "/tagged")) == 1
    assert await album.counted(f"TAGIDS={album.risotto}", "/tagged") == 2


async def test_what_has_to_be_there_is_found_in_any_case(training: httpx.AsyncClient) -> None:
    made = await training.post("/projects?Name=Desserts")
    assert made.status_code == 200, made.text
    assert made.json()["name"] == "Desserts"


async def test_another_iteration_is_not_taken_for_the_asked_one(
    training: httpx.AsyncClient, published: Published
) -> None:
    nobody = "00000000-0000-4000-8000-00000000dead"
    path = f"{published.project}/quicktest/image?IterationId={nobody}"
    assert (await training.post(path, content=jpeg(), headers=BINARY)).status_code == 404


async def test_empty_parameters_are_absent(album: Album) -> None:
    everything = await album.listed()
    assert await album.listed("iterationId=&orderBy=&tagIds=") == everything


async def test_empty_name_is_told_as_a_wrong_one(training: httpx.AsyncClient) -> None:
    assert_refused(await training.post("/projects?name="), 400, "BadRequestProjectName")


async def test_oldest_version_knows_no_types_of_tags(
    app: FastAPI, prediction: httpx.AsyncClient, published: Published
) -> None:
    headers = {**BINARY, "Prediction-Key": prediction.headers["Prediction-Key"]}
    async with raw_client(app, f"{ORIGIN}/CustomVision//V3.0/Prediction", headers) as client:
        answered = await client.post(f"{published.classify}/image", content=jpeg())
    assert answered.status_code == 200, answered.text
    for tag in answered.json()["predictions"]:
        assert set(tag) == {"probability", "tagId", "tagName"}
    later = await prediction.post(f"{published.classify}/image", content=jpeg(), headers=BINARY)
    for tag in later.json()["predictions"]:
        assert list(tag)[-2:] == ["boundingBox", "tagType"]
