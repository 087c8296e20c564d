"""Training images on their way into a project: what goes in, and what is refused."""

import hashlib
import json
import zlib

import httpx
import pytest
from PIL import Image
from tests.api.clients import assert_error
from tests.api.projects import (
    add_images,
    files,
    make_menu,
    make_project,
    make_table,
    send_images,
    statuses,
    stored_ids,
    tag_ids,
    tags_of,
)
from tests.pictures import encoded, jpeg, picture

from classifr import forms
from classifr.errors import StorageFull
from classifr.state import State
from classifr.training.images import service

MEGABYTE = 1024 * 1024


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return await make_menu(admin)


@pytest.fixture
async def multilabel(admin: httpx.AsyncClient) -> str:
    return await make_table(admin)


def fake_png(width: int, height: int) -> bytes:
    """A PNG whose header says that size; it has hardly any pixels."""
    data = encoded(Image.new("L", (1, 1)), "PNG")
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


async def test_every_field_of_a_new_image(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(picture(300, 200), exif=exif)
    pizza = (await tag_ids(admin, project))["pizza"]
    response = await admin.post(
        f"/projects/{project}/images",
        files={"images": ("IMG 42.jpg", data)},
        data={"tags": pizza},
    )
    assert response.json()["is_batch_successful"]
    (item,) = response.json()["items"]
    assert (item["name"], item["status"], item["detail"]) == ("IMG 42.jpg", "OK", None)
    image = item["image"]
    assert {
        "name": "IMG 42.jpg",
        "width": 200,
        "height": 300,
        "format": "JPEG",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "tags": [{"id": pizza, "name": "pizza"}],
    }.items() <= image.items()
    assert (await admin.get(f"/projects/{project}/images/{image['id']}")).json() == image
    assert (await admin.get(f"/projects/{project}/images")).json()["items"] == [image]
    assert await stored_ids(state, project) == {image["id"]}
    assert await state.storage.get(f"training/{project}/{image['id']}") == data


async def test_metadata_is_noted_of_every_image(admin: httpx.AsyncClient, project: str) -> None:
    noted = {"camera": "kitchen", "": "x"}

    async def send(metadata: str) -> httpx.Response:
        sent = [("images", ("1.jpg", jpeg(60, 60, 1))), ("images", ("2.jpg", jpeg(60, 60, 2)))]
        return await admin.post(
            f"/projects/{project}/images", files=sent, data={"metadata": metadata}
        )

    for wrong in ("{", "[]", '{"a": 1}', json.dumps(noted), json.dumps({"a": "\0"})):
        assert_error(await send(wrong), 422, "unprocessable")
    del noted[""]
    items = (await send(json.dumps(noted))).json()["items"]
    assert [item["image"]["metadata"] for item in items] == [noted, noted]


async def test_one_broken_image_among_64_stops_no_other(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    images = [jpeg(seed=number) for number in range(64)]
    images[17] = images[17][: len(images[17]) // 2]
    response = await send_images(admin, project, images, "pizza")
    expected = ["OK"] * 64
    expected[17] = "ErrorImageFormat"
    assert statuses(response) == expected
    assert not response.json()["is_batch_successful"]
    items = response.json()["items"]
    assert [item["name"] for item in items] == [f"{number}.jpg" for number in range(64)]
    assert "damaged" in items[17]["detail"]
    assert items[17]["image"] is None
    assert (await admin.get(f"/projects/{project}")).json()["image_count"] == 63
    assert len(await stored_ids(state, project)) == 63


async def test_65_images_are_refused(admin: httpx.AsyncClient, project: str, state: State) -> None:
    response = await send_images(admin, project, [jpeg()] * 65)
    assert "64" in assert_error(response, 413, "too_many_images")
    assert await stored_ids(state, project) == set()


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (b"", "ErrorImageSize", "empty"),
        (b"\xff\xd8\xff" + bytes(6 * MEGABYTE), "ErrorImageSize", "6.00 MB"),
        (b"how to tell them apart", "ErrorImageFormat", "JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "ErrorImageFormat", "JPEG"),
        (encoded(picture(), "TIFF"), "ErrorImageFormat", "JPEG"),
        (jpeg()[:-200], "ErrorImageFormat", "damaged"),
        (encoded(picture(), "PNG")[:-60], "ErrorImageFormat", "damaged"),
        (encoded(Image.new("L", (10_241, 500))), "ErrorImageDimensions", "10,240"),
        (encoded(Image.new("L", (500, 10_241))), "ErrorImageDimensions", "10,240"),
        (encoded(Image.new("L", (251, 10))), "ErrorImageDimensions", "25"),
        (encoded(Image.new("L", (10, 251))), "ErrorImageDimensions", "25"),
        (fake_png(10_000, 10_000), "ErrorImageDimensions", "pixels"),
    ],
)
async def test_what_cannot_be_learned_from_is_refused(
    admin: httpx.AsyncClient, project: str, state: State, data: bytes, status: str, says: str
) -> None:
    response = await send_images(admin, project, [data, jpeg()], "pizza")
    assert statuses(response) == [status, "OK"]
    assert says in response.json()["items"][0]["detail"]
    assert len(await stored_ids(state, project)) == 1


async def test_limits_themselves_are_accepted(admin: httpx.AsyncClient, project: str) -> None:
    images = [encoded(Image.new("L", (10_240, 410))), encoded(Image.new("L", (250, 10)))]
    heavy = jpeg()
    heavy += bytes(6 * MEGABYTE - len(heavy))
    assert statuses(await send_images(admin, project, [*images, heavy])) == ["OK"] * 3


@pytest.mark.parametrize("image_format", ["PNG", "BMP", "GIF", "WEBP"])
async def test_every_format_goes_in_whatever_it_is_called(
    admin: httpx.AsyncClient, project: str, image_format: str
) -> None:
    response = await send_images(admin, project, [encoded(picture(), image_format)])
    assert statuses(response) == ["OK"]
    assert response.json()["items"][0]["image"]["format"] == image_format


async def test_same_file_is_there_once(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    response = await send_images(admin, project, [jpeg(), jpeg(), jpeg(seed=1)], "pizza")
    assert statuses(response) == ["OK", "OKDuplicate", "OK"]
    again = await send_images(admin, project, [jpeg(seed=1), jpeg()])
    assert statuses(again) == ["OKDuplicate", "OKDuplicate"]
    assert again.json()["is_batch_successful"]
    first = response.json()["items"][0]["image"]
    assert again.json()["items"][1]["image"] == first
    assert len(await stored_ids(state, project)) == 2
    other = (await make_project(admin, "Other"))["id"]
    assert statuses(await send_images(admin, other, [jpeg()])) == ["OK"]


async def test_duplicate_gets_the_tags_as_well(admin: httpx.AsyncClient, multilabel: str) -> None:
    (image,) = await add_images(admin, multilabel, 1, "pizza")
    await send_images(admin, multilabel, [jpeg()], "wine")
    assert await tags_of(admin, multilabel, image) == ["pizza", "wine"]
    response = await send_images(admin, multilabel, [jpeg()], "none")
    assert statuses(response) == ["ErrorNegativeAndRegularTagOnSameImage"]
    assert await tags_of(admin, multilabel, image) == ["pizza", "wine"]


async def test_duplicate_with_another_tag_changes_over_in_multiclass(
    admin: httpx.AsyncClient, project: str
) -> None:
    (image,) = await add_images(admin, project, 1, "pizza")
    response = await send_images(admin, project, [jpeg()], "wine")
    assert statuses(response) == ["OKDuplicate"]
    assert response.json()["items"][0]["image"]["tags"][0]["name"] == "wine"
    assert await tags_of(admin, project, image) == ["wine"]
    await send_images(admin, project, [jpeg()])
    assert await tags_of(admin, project, image) == ["wine"]


async def test_tags_that_do_not_go_together_are_refused(
    admin: httpx.AsyncClient, project: str, multilabel: str, state: State
) -> None:
    response = await send_images(admin, project, [jpeg()], "pizza", "wine")
    assert statuses(response) == ["ErrorTagLimitExceed"]
    response = await send_images(admin, multilabel, [jpeg()], "pizza", "none")
    assert statuses(response) == ["ErrorNegativeAndRegularTagOnSameImage"]
    assert await stored_ids(state, project) | await stored_ids(state, multilabel) == set()
    response = await send_images(admin, project, [jpeg()], "pizza", "tiramisu")
    assert "tiramisu" in assert_error(response, 404, "tag_not_found")


@pytest.mark.parametrize("charset", ["utf-8", "utf-7", "latin-1"])
@pytest.mark.parametrize("tag", [b"a\x00b", b"+2AA-", b"\xff\xfe", b"x" * 5000, b"' or 1=1 --"])
async def test_tricks_in_forms_are_refused(
    admin: httpx.AsyncClient, project: str, tag: bytes, charset: str
) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"tags", tag) + part % (b'images"; filename="a.jpg', jpeg()) + b"--b--\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = await admin.post(f"/projects/{project}/images", content=body, headers=headers)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"] in ("form_unreadable", "tag_not_found")


async def test_text_in_a_form_is_short(admin: httpx.AsyncClient, project: str) -> None:
    """Unlike files, it is held in memory, hundreds of parts of it."""
    answer = await admin.post(
        f"/projects/{project}/images", data={"tags": "x" * 4097}, files={"images": jpeg()}
    )
    assert_error(answer, 400, "form_unreadable")


async def test_full_project_takes_no_more(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state.settings.training, "max_images", 3)
    await add_images(admin, project, 1)
    images = [jpeg(seed=seed) for seed in (1, 0, 2, 3)]
    response = await send_images(admin, project, images)
    assert statuses(response) == ["OK", "OKDuplicate", "OK", "ErrorLimitExceed"]
    assert len(await stored_ids(state, project)) == 3


async def test_memory_holds_one_group_at_a_time(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups change nothing of the answer."""
    monkeypatch.setattr(service, "_GROUP_BYTES", 2 * len(jpeg()))
    images = [jpeg(seed=number) for number in range(7)]
    images[3] = b"broken"
    response = await send_images(admin, project, [*images, jpeg()])
    assert statuses(response) == ["OK"] * 3 + ["ErrorImageFormat"] + ["OK"] * 3 + ["OKDuplicate"]


async def test_disk_full_while_storing_is_told_by_image(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, calls = state.storage.put, []

    async def full_from_the_third(key: str, data: bytes, **options: bool) -> None:
        calls.append(key)
        if len(calls) > 2:
            raise StorageFull
        await put(key, data, **options)

    monkeypatch.setattr(state.storage, "put", full_from_the_third)
    images = [jpeg(seed=number) for number in range(4)]
    response = await send_images(admin, project, images, "pizza")
    assert sorted(statuses(response)) == ["ErrorStorage", "ErrorStorage", "OK", "OK"]
    assert not response.json()["is_batch_successful"]
    assert (await admin.get(f"/projects/{project}")).json()["image_count"] == 2
    assert len(await stored_ids(state, project)) == 2


async def test_disk_full_while_receiving_is_an_error(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = forms.SpooledTemporaryFile, []

    class Full(real):
        def write(self, data: bytes) -> int:
            written.append(len(data))
            if sum(written) > 300_000:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(forms, "SpooledTemporaryFile", Full)
    response = await send_images(admin, project, [jpeg() + bytes(400_000)])
    assert_error(response, 507, "storage_full")
    assert written


async def test_failed_transaction_leaves_no_file(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("classifr.vision.local.images.addition._results", fail)
        assert_error(await send_images(admin, project, [jpeg()]), 500, "internal_error")
    assert await stored_ids(state, project) == set()
    assert statuses(await send_images(admin, project, [jpeg()])) == ["OK"]


async def test_uploads_leave_nothing_in_the_folder_where_they_wait(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    assert statuses(await send_images(admin, project, [jpeg() + bytes(MEGABYTE)])) == ["OK"]
    assert list((state.settings.data_dir / "uploads").iterdir()) == []


async def test_forms_without_images_are_refused(admin: httpx.AsyncClient, project: str) -> None:
    address = f"/projects/{project}/images"
    assert_error(await admin.post(address, json={}), 415, "multipart_expected")
    sent = await admin.post(address, files=files([jpeg()], "image"))
    assert "`images`" in assert_error(sent, 422, "image_missing")
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    cut = b'--b\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nabc'
    assert_error(await admin.post(address, content=cut, headers=headers), 400, "form_unreadable")


async def test_body_larger_than_a_batch_is_refused(admin: httpx.AsyncClient, project: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(10**9)}
    answer = await admin.post(f"/projects/{project}/images", content=b"", headers=headers)
    assert_error(answer, 413, "request_too_large")
    answer = await admin.post(f"/projects/{project}/tags", content=b" " * 70_000)
    assert_error(answer, 413, "request_too_large")


async def test_body_is_not_read_for_a_project_that_is_not_there(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    async def unread() -> None:
        raise AssertionError("the body was read")
        yield

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for client, status, code in ((admin, 404, "project_not_found"), (lucia, 403, "admin_only")):
        answer = await client.post("/projects/nothing/images", content=unread(), headers=headers)
        assert_error(answer, status, code)
