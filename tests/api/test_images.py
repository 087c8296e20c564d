"""Training images: added in batches, listed, shown, tagged and deleted."""

import hashlib
import zlib
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select
from tests.api.clients import assert_error
from tests.api.projects import (
    add_images,
    files,
    make_project,
    make_tag,
    send_images,
    statuses,
)
from tests.pictures import encoded, jpeg, picture

from classifr import forms
from classifr.database.models import TrainingImage
from classifr.errors import StorageFull
from classifr.state import State
from classifr.training.images import service
from classifr.vision.local.retention import sweep_training_orphans

MEGABYTE = 1024 * 1024


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    """A Multiclass project with the tags pizza and wine."""
    project = (await make_project(admin))["id"]
    for name in ("pizza", "wine"):
        await make_tag(admin, project, name)
    return project


@pytest.fixture
async def multilabel(admin: httpx.AsyncClient) -> str:
    """A Multilabel project with the tags pizza and wine, and `none` for neither."""
    project = (await make_project(admin, "Table", classification_type="Multilabel"))["id"]
    for name in ("pizza", "wine"):
        await make_tag(admin, project, name)
    await make_tag(admin, project, "none", type="Negative")
    return project


async def tag_ids(client: httpx.AsyncClient, project: str) -> dict[str, str]:
    page = (await client.get(f"/projects/{project}/tags")).json()
    return {tag["name"]: tag["id"] for tag in page["items"]}


async def tags_of(client: httpx.AsyncClient, project: str, image: dict) -> list[str]:
    found = (await client.get(f"/projects/{project}/images/{image['id']}")).json()
    return [tag["name"] for tag in found["tags"]]


async def stored(state: State, project: str) -> set[str]:
    """The ids of the files there are."""
    prefix = f"training/{project}/"
    return {found.key.removeprefix(prefix) async for found in state.storage.list(prefix)}


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
    assert await stored(state, project) == {image["id"]}
    assert await state.storage.get(f"training/{project}/{image['id']}") == data


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
    assert len(await stored(state, project)) == 63


async def test_65_images_are_refused(admin: httpx.AsyncClient, project: str, state: State) -> None:
    response = await send_images(admin, project, [jpeg()] * 65)
    assert "64" in assert_error(response, 413, "too_many_images")
    assert await stored(state, project) == set()


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
    assert len(await stored(state, project)) == 1


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
    assert len(await stored(state, project)) == 2
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
    assert await stored(state, project) | await stored(state, multilabel) == set()
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
    assert len(await stored(state, project)) == 3


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
    assert len(await stored(state, project)) == 2


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
        patch.setattr("classifr.vision.local.addition._results", fail)
        assert_error(await send_images(admin, project, [jpeg()]), 500, "internal_error")
    assert await stored(state, project) == set()
    assert statuses(await send_images(admin, project, [jpeg()])) == ["OK"]


async def test_uploads_leave_nothing_in_the_folder_where_they_wait(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    assert statuses(await send_images(admin, project, [jpeg() + bytes(MEGABYTE)])) == ["OK"]
    assert list((state.settings.data_dir / "uploads").iterdir()) == []


async def test_pages_go_through_everything_newest_first(
    admin: httpx.AsyncClient, multilabel: str
) -> None:
    pizza = await add_images(admin, multilabel, 4, "pizza")
    both = await add_images(admin, multilabel, 3, "pizza", "wine", seed=4)
    bare = await add_images(admin, multilabel, 2, seed=7)
    ids = await tag_ids(admin, multilabel)
    cases = [
        ({}, [*pizza, *both, *bare]),
        ({"tag": ids["pizza"]}, [*pizza, *both]),
        ({"tag": "wine"}, both),
        ({"tag": ["pizza", ids["wine"]]}, [*pizza, *both]),
        ({"tag": "none"}, []),
        ({"untagged": "true"}, bare),
    ]
    for params, expected in cases:
        seen, query = [], {**params, "limit": 2}
        while query is not None:
            page = (await admin.get(f"/projects/{multilabel}/images", params=query)).json()
            seen += page["items"]
            query = {**query, "cursor": page["next"]} if page["next"] else None
        assert [image["id"] for image in seen] == [image["id"] for image in expected[::-1]]


async def test_page_stays_in_place_while_others_change(
    admin: httpx.AsyncClient, project: str
) -> None:
    images = await add_images(admin, project, 4)
    page = (await admin.get(f"/projects/{project}/images?limit=2")).json()
    await admin.delete(f"/projects/{project}/images?id={images[2]['id']}")
    await add_images(admin, project, 1, seed=9)
    rest = await admin.get(f"/projects/{project}/images?limit=2&cursor={page['next']}")
    assert [image["id"] for image in rest.json()["items"]] == [images[1]["id"], images[0]["id"]]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "unprocessable"),
        ("limit=201", 422, "unprocessable"),
        ("tag=pizza&untagged=true", 422, "unprocessable"),
        ("tag=%00", 422, "unprocessable"),
        ("tag=tiramisu", 404, "tag_not_found"),
        (f"tag={uuid4()}", 404, "tag_not_found"),
        ("cursor=7", 400, "cursor_invalid"),
        ("cursor=", 400, "cursor_invalid"),
    ],
)
async def test_bad_filters_are_refused(
    admin: httpx.AsyncClient, project: str, query: str, status: int, code: str
) -> None:
    assert_error(await admin.get(f"/projects/{project}/images?{query}"), status, code)


async def test_tag_of_another_project_shows_nothing_of_it(
    admin: httpx.AsyncClient, project: str, multilabel: str
) -> None:
    await add_images(admin, project, 1, "pizza")
    pizza = (await tag_ids(admin, project))["pizza"]
    answer = await admin.get(f"/projects/{multilabel}/images?tag={pizza}")
    assert_error(answer, 404, "tag_not_found")
    response = await send_images(admin, multilabel, [jpeg()], pizza)
    assert_error(response, 404, "tag_not_found")


async def test_image_is_shown_fresh_and_given_back_as_it_came(
    admin: httpx.AsyncClient, project: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret place"
    data = encoded(picture(800, 400), exif=exif) + b"<script>alert(1)</script>"
    (item,) = (await send_images(admin, project, [data])).json()["items"]
    address = f"/projects/{project}/images/{item['image']['id']}"
    for rendition, size in (("image", (400, 800)), ("thumbnail", (160, 320))):
        response = await admin.get(f"{address}/{rendition}")
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Cache-Control"] == "no-store"
        assert b"script" not in response.content
        assert b"secret" not in response.content
        assert Image.open(BytesIO(response.content)).size == size
    original = await admin.get(f"{address}/original")
    assert original.content == data
    assert original.headers["Content-Type"] == "application/octet-stream"
    assert original.headers["Content-Disposition"] == "attachment; filename*=UTF-8''0.jpg"
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert original.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "kept", "saved"),
    [
        ("../../etc/passwd", "../../etc/passwd", "passwd"),
        ("C:\\photos\\é.jpg", "é.jpg", "%C3%A9.jpg"),
        ("a\x7fb\u202e.jpg", "ab.jpg", "ab.jpg"),
        ("x" * 400 + ".jpg", "x" * 252 + ".jpg", "x" * 252 + ".jpg"),
        ("a'b;c.jpg", "a'b;c.jpg", "a%27b%3Bc.jpg"),
    ],
)
async def test_names_of_files_are_harmless(
    admin: httpx.AsyncClient, project: str, state: State, name: str, kept: str, saved: str
) -> None:
    response = await admin.post(f"/projects/{project}/images", files={"images": (name, jpeg())})
    image = response.json()["items"][0]["image"]
    assert image["name"] == kept
    original = await admin.get(f"/projects/{project}/images/{image['id']}/original")
    assert original.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{saved}"
    assert await stored(state, project) == {image["id"]}


async def test_image_of_another_project_is_not_found(
    admin: httpx.AsyncClient, project: str, multilabel: str
) -> None:
    (image,) = await add_images(admin, project, 1)
    for path in ("", "/image", "/thumbnail", "/original"):
        answer = await admin.get(f"/projects/{multilabel}/images/{image['id']}{path}")
        assert_error(answer, 404, "training_image_not_found")
    retag = {"image_ids": [image["id"]], "add": []}
    answer = await admin.post(f"/projects/{multilabel}/images/tags", json=retag)
    assert image["id"] in assert_error(answer, 404, "training_image_not_found")
    answer = await admin.delete(f"/projects/{multilabel}/images?id={image['id']}")
    assert answer.json() == {"deleted": [], "missing": [image["id"]]}
    assert (await admin.get(f"/projects/{project}")).json()["image_count"] == 1


async def test_file_that_is_gone_is_told(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    (image,) = await add_images(admin, project, 1)
    await state.storage.delete(f"training/{project}/{image['id']}")
    for path in ("image", "thumbnail", "original"):
        answer = await admin.get(f"/projects/{project}/images/{image['id']}/{path}")
        assert_error(answer, 404, "image_gone")


@pytest.mark.parametrize("trick", ["0", "%2e%2e", "..%2Fx", "%00", "1;drop", "a" * 300])
async def test_tricks_in_ids_are_refused(
    admin: httpx.AsyncClient, project: str, trick: str
) -> None:
    for path in ("", "/image", "/thumbnail", "/original", "/secret"):
        answer = await admin.get(f"/projects/{project}/images/{trick}{path}")
        assert answer.status_code in (404, 422), answer.text
        assert set(answer.json()) == {"error", "detail"}


async def test_multiclass_image_changes_its_tag(admin: httpx.AsyncClient, project: str) -> None:
    ids = await tag_ids(admin, project)
    tagged, bare = await add_images(admin, project, 1, "pizza") + await add_images(
        admin, project, 1, seed=1
    )
    address = f"/projects/{project}/images/tags"
    both = [tagged["id"], bare["id"]]
    answer = await admin.post(address, json={"image_ids": both, "add": [ids["wine"]]})
    shown = answer.json()["items"]
    assert [image["id"] for image in shown] == both
    assert [image["tags"][0]["name"] for image in shown] == ["wine", "wine"]
    assert (await admin.get(f"/projects/{project}")).json()["untagged_count"] == 0
    two = {"image_ids": both, "add": [ids["pizza"], ids["wine"]]}
    assert_error(await admin.post(address, json=two), 409, "one_tag_only")
    off = {"image_ids": both, "remove": [ids["wine"], ids["pizza"]]}
    assert all(not image["tags"] for image in (await admin.post(address, json=off)).json()["items"])
    assert (await admin.get(f"/projects/{project}")).json()["untagged_count"] == 2


async def test_multilabel_image_gathers_tags(admin: httpx.AsyncClient, multilabel: str) -> None:
    ids = await tag_ids(admin, multilabel)
    (image,) = await add_images(admin, multilabel, 1, "pizza")
    address = f"/projects/{multilabel}/images/tags"
    one = {"image_ids": [image["id"], image["id"]]}
    answer = await admin.post(address, json={**one, "add": [ids["wine"]]})
    (shown,) = answer.json()["items"]
    assert [tag["name"] for tag in shown["tags"]] == ["pizza", "wine"]
    answer = await admin.post(address, json={**one, "add": [ids["none"]]})
    assert_error(answer, 409, "negative_and_regular_tag")
    change = {**one, "add": [ids["none"]], "remove": [ids["pizza"], ids["wine"]]}
    (shown,) = (await admin.post(address, json=change)).json()["items"]
    assert [tag["name"] for tag in shown["tags"]] == ["none"]


async def test_tagging_is_all_or_nothing(admin: httpx.AsyncClient, multilabel: str) -> None:
    ids = await tag_ids(admin, multilabel)
    (pizza,) = await add_images(admin, multilabel, 1, "pizza")
    (bare,) = await add_images(admin, multilabel, 1, seed=1)
    address = f"/projects/{multilabel}/images/tags"
    for wrong, status, code in (
        ({"image_ids": [bare["id"], pizza["id"]], "add": [ids["none"]]}, 409, None),
        ({"image_ids": [bare["id"], str(uuid4())], "add": [ids["wine"]]}, 404, None),
        ({"image_ids": [bare["id"]], "add": [ids["wine"], str(uuid4())]}, 404, "tag_not_found"),
        ({"image_ids": [], "add": [ids["wine"]]}, 422, "unprocessable"),
        ({"image_ids": [str(uuid4())] * 257, "add": []}, 422, "unprocessable"),
        ({"image_ids": [bare["id"]], "add": ["wine"]}, 422, "unprocessable"),
    ):
        answer = await admin.post(address, json=wrong)
        assert answer.status_code == status, answer.text
        assert code in (None, answer.json()["error"])
    assert await tags_of(admin, multilabel, bare) == []


async def test_deleted_images_take_their_files_along(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    images = await add_images(admin, project, 3, "pizza")
    gone, address = str(uuid4()), f"/projects/{project}/images"
    answer = await admin.delete(address, params={"id": [images[0]["id"], gone]})
    assert answer.json() == {"deleted": [images[0]["id"]], "missing": [gone]}
    assert await stored(state, project) == {image["id"] for image in images[1:]}
    answer = await admin.delete(f"{address}?all=true")
    assert sorted(answer.json()["deleted"]) == sorted(image["id"] for image in images[1:])
    assert await stored(state, project) == set()
    totals = (await admin.get(f"/projects/{project}")).json()
    assert (totals["image_count"], totals["untagged_count"], totals["tag_count"]) == (0, 0, 2)
    for bad in ("", "?all=false", f"?all=true&id={gone}", "?id=7", "?" + f"id={gone}&" * 257):
        assert_error(await admin.delete(f"{address}{bad}"), 422, "unprocessable")


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


async def test_orphans_are_swept_and_images_are_not(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    places = (state.database, state.storage)
    await sweep_training_orphans(*places, keep=timedelta(hours=-1))  # Those of other tests.
    (image,) = await add_images(admin, project, 1)
    await state.storage.put(f"training/{project}/{uuid4()}", b"left by a crash")
    await state.storage.put("training/no-id", b"left by somebody")
    assert await sweep_training_orphans(*places, keep=timedelta(hours=1)) == 0
    assert await sweep_training_orphans(*places, keep=timedelta(hours=-1)) == 2
    assert await stored(state, project) == {image["id"]}
    assert not await state.storage.exists("training/no-id")


async def test_untagged_mark_is_what_the_tags_say(
    admin: httpx.AsyncClient, multilabel: str, state: State
) -> None:
    ids = await tag_ids(admin, multilabel)
    images = await add_images(admin, multilabel, 3, "pizza")
    images += await add_images(admin, multilabel, 3, seed=3)
    address = f"/projects/{multilabel}/images/tags"
    some = [images[0]["id"], images[3]["id"]]
    await admin.post(address, json={"image_ids": some, "add": [ids["wine"]]})
    await send_images(admin, multilabel, [jpeg(seed=4), jpeg(seed=9)], "wine")
    await admin.post(address, json={"image_ids": some[1:], "remove": [ids["wine"]]})
    await admin.delete(f"/projects/{multilabel}/tags/pizza")
    async with state.database.transaction() as session:
        marked = set(
            await session.scalars(select(TrainingImage.id).where(TrainingImage.is_untagged))
        )
        count = await session.scalar(select(func.count()).select_from(TrainingImage))
    page = (await admin.get(f"/projects/{multilabel}/images?limit=200")).json()["items"]
    assert count == len(page) == 7
    assert {str(image_id) for image_id in marked} == {
        image["id"] for image in page if not image["tags"]
    }
    assert len(marked) == 4
