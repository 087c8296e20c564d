"""Images behind signed addresses, which need no key."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from tests.api.customvision.album import Album
from tests.api.customvision.dialect import ORIGIN, assert_refused
from tests.pictures import dish

from classifr.customvision import addresses
from classifr.customvision.addresses import FileAddresses
from classifr.logs import configure_logs
from classifr.state import State


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


async def test_no_log_tells_an_address(
    album: Album, stranger, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(state.settings.model_copy(update={"log_level": "DEBUG"}))
    uri = (await addresses_of(album, 0))["originalImageUri"]
    await stranger.get(uri)
    configure_logs(state.settings)
    log = capsys.readouterr().err
    assert album.images[0] in log
    assert parse_qs(urlsplit(uri).query)["sig"][0] not in log
