"""Addresses of our own images are taken wherever the address of an image is."""

import httpx
import pytest
from tests.api.customvision.album import Album
from tests.api.customvision.dialect import assert_refused
from tests.api.customvision.published import Published
from tests.pictures import jpeg

from classifr.state import State

NAMES = ("originalImageUri", "resizedImageUri", "thumbnailUri")


@pytest.fixture
def no_network(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(url: str, *, max_bytes: int) -> bytes:
        raise AssertionError(f"{url} was asked for")

    monkeypatch.setattr(state.fetcher, "fetch", fetch)


async def addresses_of(album: Album, number: int) -> dict[str, str]:
    (image,) = (await album.client.get(f"{album.path}/id?imageIds={album.images[number]}")).json()
    return image


async def new_project(admin: httpx.AsyncClient) -> str:
    return (await admin.post("/projects", json={"name": "Copy"})).json()["id"]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", NAMES)
async def test_images_are_copied_by_their_addresses(
    admin: httpx.AsyncClient, album: Album, name: str
) -> None:
    project = await new_project(admin)
    urls = [(await addresses_of(album, number))[name] for number in range(3)]
    copied = await album.client.post(
        f"/projects/{project}/images/urls", json={"images": [{"url": url} for url in urls]}
    )
    assert copied.status_code == 200, copied.text
    assert [each["sourceUrl"] for each in copied.json()["images"]] == urls
    assert (await album.client.get(f"/projects/{project}/images/untagged/count")).json() == 3


@pytest.mark.usefixtures("no_network")
async def test_address_counts_whatever_the_server_is_called(
    admin: httpx.AsyncClient, album: Album
) -> None:
    uri = (await addresses_of(album, 0))["originalImageUri"]
    elsewhere = uri.replace("http://classifr.test", "https://photos.example/ai")
    project = await new_project(admin)
    copied = await album.client.post(
        f"/projects/{project}/images/urls", json={"images": [{"url": elsewhere}]}
    )
    assert copied.status_code == 200, copied.text


@pytest.mark.usefixtures("no_network")
async def test_our_image_is_classified_by_its_address(
    prediction: httpx.AsyncClient, training: httpx.AsyncClient, album: Album, published: Published
) -> None:
    uri = (await addresses_of(album, 0))["originalImageUri"]
    answered = await prediction.post(f"{published.classify}/url", json={"url": uri})
    assert answered.status_code == 200, answered.text
    tried = await training.post(
        f"{published.project}/quicktest/url?iterationId={published.iteration_id}", json={"url": uri}
    )
    assert tried.status_code == 200, tried.text


@pytest.mark.usefixtures("no_network")
async def test_kept_prediction_is_taken_by_its_address(
    prediction: httpx.AsyncClient, training: httpx.AsyncClient, published: Published
) -> None:
    await prediction.post(
        f"{published.classify}/image",
        content=jpeg(),
        headers={"Content-Type": "application/octet-stream"},
    )
    query = {"orderBy": "Newest"}
    found = (await training.post(f"{published.project}/predictions/query", json=query)).json()
    uri = found["results"][0]["originalImageUri"]
    added = await training.post(f"{published.project}/images/urls", json={"images": [{"url": uri}]})
    assert added.status_code == 200, added.text


async def test_altered_address_is_fetched_like_any_other(
    training: httpx.AsyncClient, album: Album
) -> None:
    uri = (await addresses_of(album, 0))["originalImageUri"]
    refused = await training.post(
        f"{album.path}/urls", json={"images": [{"url": uri.replace("sig=", "sig=x")}]}
    )
    assert [each["status"] for each in refused.json()["images"]] == ["ErrorSource"]


@pytest.mark.usefixtures("no_network")
async def test_address_of_an_image_that_is_gone_says_so(
    prediction: httpx.AsyncClient, album: Album, published: Published
) -> None:
    uri = (await addresses_of(album, 0))["originalImageUri"]
    await album.client.delete(f"{album.path}?imageIds={album.images[0]}")
    answered = await prediction.post(f"{published.classify}/url", json={"url": uri})
    assert_refused(answered, 400, "BadRequestImageUrl")


@pytest.mark.usefixtures("no_network")
async def test_address_of_a_model_is_no_image(
    training: httpx.AsyncClient, prediction: httpx.AsyncClient, published: Published
) -> None:
    path = f"{published.project}/iterations/{published.iteration_id}/export"
    await training.post(f"{path}?platform=ONNX")
    (export,) = (await training.get(path)).json()
    answered = await prediction.post(
        f"{published.classify}/url", json={"url": export["downloadUri"]}
    )
    assert_refused(answered, 400, "BadRequestImageUrl")
