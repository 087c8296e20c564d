"""Images on their way in, in Custom Vision's dialect."""

import asyncio
import base64
import errno
import json
from tempfile import SpooledTemporaryFile
from uuid import uuid4

import httpx
import pytest
from tests.api.customvision.dialect import assert_refused
from tests.ids import NOBODY
from tests.pictures import dish, jpeg


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    """A Multiclass project."""
    created = await admin.post("/projects", json={"name": "Dishes"})
    return created.json()["id"]


@pytest.fixture
async def pizza(admin: httpx.AsyncClient, project: str) -> str:
    return await new_tag(admin, project, "pizza")


async def new_tag(admin: httpx.AsyncClient, project: str, name: str, **more: str) -> str:
    created = await admin.post(f"/projects/{project}/tags", json={"name": name, **more})
    return created.json()["id"]


def entry(data: bytes, name: str | None = None, *tags: str) -> dict:
    values: dict = {"contents": base64.b64encode(data).decode()}
    return values | ({"name": name} if name else {}) | ({"tagIds": list(tags)} if tags else {})


async def send(
    training: httpx.AsyncClient, project: str, images: list[dict], **batch: object
) -> httpx.Response:
    return await training.post(
        f"/projects/{project}/images/files", json={"images": images, **batch}
    )


def statuses(response: httpx.Response) -> list[str]:
    assert response.status_code in (200, 207), response.text
    body = response.json()
    found = [image["status"] for image in body["images"]]
    assert body["isBatchSuccessful"] is all(status == "OK" for status in found)
    assert (response.status_code == 200) is body["isBatchSuccessful"]
    return found


async def test_files_are_created_in_their_order(training, project, pizza) -> None:
    images = [entry(dish("pizza", seed), f"{seed}.jpg", pizza) for seed in range(5)]
    answer = await send(training, project, images, metadata={"cook": "Ada"})
    assert statuses(answer) == ["OK"] * 5
    assert [each["sourceUrl"] for each in answer.json()["images"]] == [
        f"{seed}.jpg" for seed in range(5)
    ]
    image = answer.json()["images"][0]["image"]
    assert set(image) == {
        *("id", "created", "width", "height", "resizedImageUri", "thumbnailUri"),
        *("originalImageUri", "tags", "metadata"),
    }
    assert image["metadata"] == {"cook": "Ada"}
    assert [(tag["tagId"], tag["tagName"]) for tag in image["tags"]] == [(pizza, "pizza")]


async def test_what_all_get_may_come_before_or_after_the_images(training, project, pizza) -> None:
    for seed, order in enumerate((("images", "tagIds"), ("tagIds", "images"))):
        values = {"images": [entry(dish("pizza", seed))], "tagIds": [pizza]}
        answer = await training.post(
            f"/projects/{project}/images/files",
            content=json.dumps({name: values[name] for name in order}),
        )
        assert answer.json()["images"][0]["image"]["tags"][0]["tagId"] == pizza


async def test_each_image_stands_or_falls_alone(admin, training, project, pizza) -> None:
    negative = await new_tag(admin, project, "none", type="Negative")
    good = dish("pizza", 1)
    answer = await send(
        training,
        project,
        [
            entry(good, "good.jpg", pizza),
            entry(good, "again.jpg", pizza),
            entry(b"<html>", "page.jpg", pizza),
            entry(b"<html>" * 10_000, "long-page.jpg", pizza),
            entry(jpeg(seed=7).ljust(6 * 1024 * 1024 + 1, b"\0"), "heavy.jpg", pizza),
            entry(dish("pizza", 2), "stranger.jpg", NOBODY),
            entry(dish("pizza", 3), "both.jpg", pizza, negative),
            {"name": "nothing.jpg"},
            {"name": "null.jpg", "contents": None},
            {"name": "no base64", "contents": "%%%"},
            {"name": "long and no base64", "contents": "!" * 10_000},
        ],
    )
    assert statuses(answer) == [
        *("OK", "OKDuplicate", "ErrorImageFormat", "ErrorImageFormat", "ErrorImageSize"),
        *("ErrorInvalidTag", "ErrorNegativeAndRegularTagOnSameImage"),
        *["ErrorImageFormat"] * 4,
    ]
    images = [each["image"] for each in answer.json()["images"]]
    assert images[0]["id"] == images[1]["id"]
    assert images[2:] == [None] * 9


async def test_when_none_can_be_read_each_says_why(training, project) -> None:
    assert statuses(await send(training, project, [entry(b"<html>")])) == ["ErrorImageFormat"]


@pytest.mark.parametrize("body", [{}, {"images": None}, {"images": []}])
async def test_a_batch_without_images_is_refused(training, project, body) -> None:
    answer = await training.post(f"/projects/{project}/images/files", json=body)
    assert assert_refused(answer, 400, "BadRequestImageBatch") == "No valid image files"


@pytest.mark.parametrize("size", [10, 10_000])
async def test_the_65th_image_is_one_too_many(training, project, size) -> None:
    answer = await send(training, project, [{"contents": "A" * size}] * 65)
    assert_refused(answer, 400, "BadRequestExceededBatchSize")


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ({"tagIds": [str(uuid4()) for _ in range(21)]}, "BadRequestExceededBatchSize"),
        ({"tagIds": ["pizza"]}, "BadRequestInvalidIds"),
        ({"metadata": {"k" * 129: "v"}}, "BadRequestImageMetadataKey"),
        ({"metadata": {"": "v"}}, "BadRequestImageMetadataKey"),
        ({"metadata": {str(number): "v" for number in range(11)}}, "BadRequestImageMetadataKey"),
        ({"metadata": {"k": "v" * 257}}, "BadRequestImageMetadataValue"),
        ({"metadata": {"k": "\0"}}, "BadRequestImageMetadataValue"),
        ({"metadata": {"k": 3}}, "BadRequest"),
    ],
)
async def test_batches_over_their_limits_are_refused(training, project, batch, code) -> None:
    assert_refused(await send(training, project, [entry(dish("pizza", 1))], **batch), 400, code)


async def test_regions_are_refused(training, project, pizza) -> None:
    region = {"tagId": pizza, "left": 0, "top": 0, "width": 1, "height": 1}
    for regions, status in (([region], 400), ([], 200), (None, 200)):
        image = entry(dish("pizza", status)) | {"regions": regions}
        answer = await send(training, project, [image])
        assert answer.status_code in (status, 207)
    assert_refused(
        await send(training, project, [entry(b"x") | {"regions": [region]}]),
        400,
        "BadRequestImageRegions",
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"images": 3}', b'{"images": [3]}', b"NaN", b"[" * 50_000, b"\xff"]
)
async def test_a_body_that_is_no_batch_is_refused(training, project, body) -> None:
    answer = await training.post(f"/projects/{project}/images/files", content=body)
    assert_refused(answer, 400, "BadRequest")


async def test_names_that_cannot_be_kept_do_no_harm(training, project) -> None:
    names = ["\\ud800", "a\\u0000b", "n" * 5000, "é" * 300]
    images = ", ".join(
        f'{{"name": "{name}", "contents": "{base64.b64encode(dish("pizza", seed)).decode()}"}}'
        for seed, name in enumerate(names)
    )
    body = f'{{"images": [{images}]}}'.encode()
    answer = await training.post(f"/projects/{project}/images/files", content=body)
    assert statuses(answer) == ["OK"] * 4


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"k" * 5000: "v"}, "BadRequestImageMetadataKey"),
        ({"k": "v" * 5000}, "BadRequestImageMetadataValue"),
    ],
)
async def test_metadata_as_long_as_an_image_is_refused(training, project, metadata, code) -> None:
    answer = await send(training, project, [entry(dish("pizza", 1))], metadata=metadata)
    assert_refused(answer, 400, code)


async def test_an_image_of_a_multiclass_project_may_have_two_tags(
    admin, training, project, pizza
) -> None:
    # As the service's own sample does it.
    flat = await new_tag(admin, project, "flat")
    answer = await send(training, project, [entry(dish("pizza", 1), "a.jpg", pizza, flat)])
    assert statuses(answer) == ["OK"]
    tags = answer.json()["images"][0]["image"]["tags"]
    assert {tag["tagId"] for tag in tags} == {pizza, flat}


async def test_forms_need_no_file_names(training, project, pizza) -> None:
    body = b"".join(
        b"--x\r\nContent-Disposition: form-data; name=" + name + b"\r\n\r\n" + data + b"\r\n"
        for name, data in (
            (b'"imageData"', dish("pizza", 1)),
            (b'"imageData"; filename="a.jpg"\r\nContent-Type: image/jpeg', dish("pizza", 2)),
            (b"file", dish("pizza", 3)),
        )
    )
    answer = await training.post(
        f"/projects/{project}/images?tagIds={pizza},{pizza}",
        content=body + b"--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert statuses(answer) == ["OK"] * 3
    assert [each["sourceUrl"] for each in answer.json()["images"]] == ["", '"a.jpg"', ""]


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/jpeg", ""])
async def test_the_whole_body_may_be_an_image(training, project, pizza, kind) -> None:
    answer = await training.post(
        f"/projects/{project}/images?tagIds={pizza}",
        content=dish("pizza", 1),
        headers={"Content-Type": kind},
    )
    assert statuses(answer) == ["OK"]
    image = answer.json()["images"][0]["image"]
    assert [tag["tagId"] for tag in image["tags"]] == [pizza]


async def test_bodies_that_are_no_images_are_refused(training, project) -> None:
    path = f"/projects/{project}/images"
    assert_refused(await training.post(path, json={}), 415, "UnsupportedMediaType")
    octets = {"Content-Type": "application/octet-stream"}
    assert_refused(
        await training.post(path, content=b"", headers=octets), 400, "BadRequestImageStream"
    )
    answer = await training.post(path, content=b"<html>", headers=octets)
    assert statuses(answer) == ["ErrorImageFormat"]
    many = [("imageData", (f"{seed}.jpg", b"x")) for seed in range(65)]
    assert_refused(await training.post(path, files=many), 400, "BadRequestExceededBatchSize")


async def test_addresses_that_are_refused_have_their_status(training, project) -> None:
    urls = ["http://127.0.0.1:1/a.jpg", "file:///etc/passwd", "nothing", "http://[::1]/"]
    answer = await training.post(
        f"/projects/{project}/images/urls", json={"images": [{"url": url} for url in urls]}
    )
    assert statuses(answer) == ["ErrorSource"] * 4
    assert [each["sourceUrl"] for each in answer.json()["images"]] == urls


async def test_images_are_fetched_several_at_a_time(
    training, project, pizza, state, monkeypatch
) -> None:
    active, most = 0, 0

    async def fetch(url: str, *, max_bytes: int) -> bytes:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.01)
        active -= 1
        return dish("pizza", int(url.rpartition("/")[2]))

    monkeypatch.setattr(state.fetcher, "fetch", fetch)
    urls = [f"http://photos/{seed}" for seed in range(20)]
    answer = await training.post(
        f"/projects/{project}/images/urls",
        json={"images": [{"url": url} for url in urls], "tagIds": [pizza]},
    )
    assert statuses(answer) == ["OK"] * 20
    assert 1 < most <= 8


async def test_a_full_disk_is_told_while_images_are_fetched(
    training, project, state, monkeypatch
) -> None:
    async def fetch(url: str, *, max_bytes: int) -> bytes:
        return dish("pizza", 1)

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(state.fetcher, "fetch", fetch)
    monkeypatch.setattr(SpooledTemporaryFile, "write", write)
    answer = await training.post(
        f"/projects/{project}/images/urls", json={"images": [{"url": "http://photos/1"}] * 2}
    )
    assert answer.status_code == 507
    assert answer.json()["code"] == "ErrorPredictionStorage"


async def test_images_of_predictions_that_are_not_kept(training, project) -> None:
    answer = await training.post(
        f"/projects/{project}/images/predictions", json={"images": [{"id": NOBODY}]}
    )
    assert statuses(answer) == ["ErrorSource"]


@pytest.mark.parametrize("path", ["", "/files", "/urls", "/predictions"])
async def test_only_training_keys_add_images(prediction, stranger, training, project, path) -> None:
    address = f"/projects/{project}/images{path}"
    training.headers.pop("Training-Key")
    assert_refused(await training.post(address, json={}), 401, "401")
    wrong = {"Training-Key": prediction.headers["Prediction-Key"]}
    assert_refused(await training.post(address, json={}, headers=wrong), 401, "401")


@pytest.mark.parametrize("path", ["", "/files", "/urls", "/predictions"])
async def test_a_project_that_is_not_there(training, path) -> None:
    answer = await training.post(f"/projects/{NOBODY}/images{path}", json={"images": []})
    assert_refused(answer, 404, "NotFoundProject")
