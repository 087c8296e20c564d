"""POST /predict: formats, limits and what is kept."""

import errno
import hashlib
import os
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import text
from tests.api.clients import assert_error
from tests.pictures import encoded, jpeg, picture

from classifr.state import State


async def predict(
    client: httpx.AsyncClient, data: bytes, query: str = "", filename: str = "photo.jpg"
) -> httpx.Response:
    return await client.post(f"/predict{query}", files={"image": (filename, data)})


def stored_files(state: State) -> list[str]:
    images = state.settings.data_dir / "images"
    return sorted(p.relative_to(images).as_posix() for p in images.rglob("*") if p.is_file())


@pytest.fixture(autouse=True)
def _no_files_from_other_tests(state: State) -> None:
    for name in stored_files(state):
        (state.settings.data_dir / "images" / name).unlink()


async def test_every_tag_comes_likeliest_first(lucia: httpx.AsyncClient, state: State) -> None:
    data = jpeg()
    response = await predict(lucia, data)
    assert response.status_code == 200
    body = response.json()
    probabilities = [entry["probability"] for entry in body["predictions"]]
    assert len(probabilities) == 1000
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert body["iteration"] == "ImageNet"
    assert body["stored"] is True
    assert body["image"] == {
        "width": 96,
        "height": 64,
        "format": "JPEG",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert stored_files(state) == [f"pending/{body['id']}"]


async def test_top_limits_the_tags(lucia: httpx.AsyncClient) -> None:
    response = await predict(lucia, jpeg(), "?top=3")
    assert len(response.json()["predictions"]) == 3
    assert_error(await predict(lucia, jpeg(), "?top=0"), 422, "unprocessable")


async def test_options_that_are_wrong_are_named(lucia: httpx.AsyncClient, state: State) -> None:
    response = await predict(lucia, jpeg(), "?top=0&store=maybe&published_name=")
    detail = assert_error(response, 422, "unprocessable")
    assert [part.split(":")[0] for part in detail.split("; ")] == ["published_name", "store", "top"]
    assert stored_files(state) == []


async def test_store_false_keeps_nothing(lucia: httpx.AsyncClient, state: State) -> None:
    response = await predict(lucia, jpeg(), "?store=false")
    assert response.json()["stored"] is False
    assert stored_files(state) == []


@pytest.mark.parametrize(
    ("image_format", "image"),
    [
        ("PNG", picture()),
        ("BMP", picture()),
        ("GIF", picture().convert("P")),
        ("WEBP", picture()),
        ("JPEG", picture().convert("CMYK")),
        ("JPEG", picture().convert("L")),
        ("PNG", picture().convert("I;16")),
        ("PNG", picture().convert("P")),
        ("PNG", picture().convert("RGBA")),
    ],
    ids=["png", "bmp", "gif", "webp", "cmyk", "grey", "16-bit", "palette", "alpha"],
)
async def test_formats_are_read(
    lucia: httpx.AsyncClient, image_format: str, image: Image.Image
) -> None:
    response = await predict(lucia, encoded(image, image_format), "?top=1")
    assert response.status_code == 200, response.text
    assert response.json()["image"]["format"] == image_format


async def test_content_decides_not_the_name(lucia: httpx.AsyncClient) -> None:
    gif = encoded(picture().convert("P"), "GIF")
    response = await predict(lucia, gif, filename="photo.jpg")
    assert response.json()["image"]["format"] == "GIF"


async def test_rotated_photo_answers_as_the_upright_one(lucia: httpx.AsyncClient) -> None:
    upright = picture(96, 64)
    exif = Image.Exif()
    exif[0x0112] = 6  # Seen after turning it by a quarter, clockwise.
    turned = encoded(upright.rotate(90, expand=True), "PNG", exif=exif)
    answers = [
        (await predict(lucia, data, "?top=5")).json() for data in (encoded(upright, "PNG"), turned)
    ]
    assert [answer["image"]["width"] for answer in answers] == [96, 96]
    for one, other in zip(answers[0]["predictions"], answers[1]["predictions"], strict=True):
        assert one["tag"] == other["tag"]
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "image_unreadable"),
        (b"not an image at all", 415, "image_format_unsupported"),
        (b"<html><script>alert(1)</script></html>", 415, "image_format_unsupported"),
        (b"PK\x03\x04" + bytes(100), 415, "image_format_unsupported"),
        (jpeg(600, 400)[:3000], 422, "image_unreadable"),
        (b"\xff\xd8\xff\xe0", 422, "image_unreadable"),
        (encoded(picture(), "TIFF"), 415, "image_format_unsupported"),
    ],
    ids=["empty", "text", "html", "zip", "truncated", "header only", "tiff"],
)
async def test_bad_image_is_refused_and_leaves_nothing(
    lucia: httpx.AsyncClient, state: State, data: bytes, status: int, code: str
) -> None:
    response = await predict(lucia, data)
    assert_error(response, status, code)
    assert stored_files(state) == []


async def test_too_many_pixels_are_refused(lucia: httpx.AsyncClient) -> None:
    bomb = encoded(Image.new("1", (13_300, 13_300)), "PNG")
    assert len(bomb) < 2_000_000
    detail = assert_error(await predict(lucia, bomb), 422, "image_too_many_pixels")
    assert "13300 x 13300" in detail


async def test_too_large_file_is_refused(lucia: httpx.AsyncClient, state: State) -> None:
    a_little = jpeg() + bytes(state.settings.upload.max_bytes)
    assert_error(await predict(lucia, a_little), 413, "image_too_large")
    a_lot = jpeg() + bytes(2 * state.settings.upload.max_bytes)
    assert_error(await predict(lucia, a_lot), 413, "request_too_large")
    assert stored_files(state) == []


async def test_body_that_hides_its_length_is_cut_off(lucia: httpx.AsyncClient) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        while sent < 500_000_000:
            sent += 1_000_000
            yield bytes(1_000_000)

    response = await lucia.post(
        "/predict",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert_error(response, 413, "request_too_large")
    assert sent < 10_000_000


async def test_wrong_field_name_says_which_was_sent(lucia: httpx.AsyncClient) -> None:
    response = await lucia.post("/predict", files={"file": ("a.jpg", jpeg())})
    assert "`file`" in assert_error(response, 422, "image_missing")
    response = await lucia.post("/predict", data={"image": "text"}, files={"x": b""})
    assert_error(response, 422, "image_missing")


async def test_wrong_content_type_says_what_is_expected(lucia: httpx.AsyncClient) -> None:
    for request in ({"json": {"image": "x"}}, {"content": jpeg()}, {"data": {"image": "x"}}):
        detail = assert_error(await lucia.post("/predict", **request), 415, "multipart_expected")
        assert "`image`" in detail


FORM_START = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "told"),
    [
        ("multipart/form-data", FORM_START + b"x\r\n--b--\r\n", "boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense", "closing boundary"),
        ("multipart/form-data; boundary=b", b"nonsense", "damaged"),
        ("multipart/form-data; boundary=b", b"", "closing boundary"),
        ("multipart/form-data; boundary=b", FORM_START + jpeg(), "closing boundary"),
        ("multipart/form-data; boundary=b", FORM_START + b"x\r\n--b", "closing boundary"),
        ("multipart/form-data; boundary=other", FORM_START + b"x\r\n--b--\r\n", "damaged"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
            '"name"',
        ),
        ("multipart/form-data; boundary=" + "b" * 300, b"", "damaged"),
    ],
    ids=[
        "no boundary",
        "header only",
        "text",
        "empty",
        "cut in the file",
        "cut in the end",
        "another boundary",
        "nameless part",
        "long boundary",
    ],
)
async def test_broken_multipart_is_refused(
    lucia: httpx.AsyncClient, content_type: str, body: bytes, told: str
) -> None:
    response = await lucia.post("/predict", content=body, headers={"Content-Type": content_type})
    assert told in assert_error(response, 400, "form_unreadable")


@pytest.mark.parametrize("end", [b"\r\n--b--\r\n", b"\r\n--b--", b"\r\n--b--\r\nepilogue"])
async def test_form_is_complete_with_its_closing_boundary(
    lucia: httpx.AsyncClient, end: bytes
) -> None:
    response = await lucia.post(
        "/predict?top=1",
        content=FORM_START + jpeg() + end,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert response.status_code == 200, response.text


async def test_uploads_touch_no_temporary_file(
    lucia: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    large = jpeg() + bytes(3_000_000)
    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    response = await predict(lucia, large, "?store=false&top=1")
    assert response.status_code == 200, response.text
    files = [("images", (f"{n}.jpg", large)) for n in range(2)]
    response = await lucia.post("/predict/batch?store=false&top=1", files=files)
    assert [item["error"] for item in response.json()["items"]] == [None, None]


async def test_two_files_in_one_predict_are_refused(lucia: httpx.AsyncClient) -> None:
    for count in (2, 30):
        files = [("image", (f"{n}.jpg", jpeg())) for n in range(count)]
        assert_error(await lucia.post("/predict", files=files), 413, "too_many_images")


async def test_batch_answers_in_order_and_survives_a_broken_image(
    lucia: httpx.AsyncClient, state: State
) -> None:
    files = [
        ("images", ("one.jpg", jpeg(seed=1))),
        ("images", ("broken.jpg", b"nonsense")),
        ("images", ("two.png", encoded(picture(seed=2), "PNG"))),
    ]
    response = await lucia.post("/predict/batch?top=1", files=files)
    assert response.status_code == 200, response.text
    one, broken, two = response.json()["items"]
    assert [one["filename"], broken["filename"], two["filename"]] == [
        "one.jpg",
        "broken.jpg",
        "two.png",
    ]
    assert broken["prediction"] is None
    assert broken["error"]["error"] == "image_format_unsupported"
    assert two["prediction"]["image"]["format"] == "PNG"
    kept = sorted(f"pending/{item['prediction']['id']}" for item in (one, two))
    assert stored_files(state) == kept


async def test_batch_over_its_limit_is_refused(lucia: httpx.AsyncClient, state: State) -> None:
    count = state.settings.upload.max_batch_images + 1
    files = [("images", (f"{n}.jpg", jpeg())) for n in range(count)]
    assert_error(await lucia.post("/predict/batch", files=files), 413, "too_many_images")
    assert stored_files(state) == []


async def test_full_disk_answers_clearly_and_leaves_no_row(
    lucia: httpx.AsyncClient, state: State, full_disk: Path
) -> None:
    assert_error(await predict(lucia, jpeg()), 507, "storage_full")
    verdicts = await count_predictions(state)
    assert verdicts == 0
    assert stored_files(state) == []


async def count_predictions(state: State) -> int:
    async with state.database.engine.connect() as connection:
        return (await connection.execute(text("select count(*) from predictions"))).scalar_one()


@pytest.fixture
def full_disk(state: State, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The image folder lies on a file system without room."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    real_open = os.open

    def open_on_full_disk(path, flags, mode=0o777, **options):
        if "/images/" in str(path):
            return real_open(full, os.O_WRONLY)
        return real_open(path, flags, mode, **options)

    monkeypatch.setattr("classifr.storage.local.os.open", open_on_full_disk)
    return full


async def test_tags_are_those_of_the_predictions(lucia: httpx.AsyncClient) -> None:
    names = {entry["name"] for entry in (await lucia.get("/tags")).json()["items"]}
    tags = {entry["tag"] for entry in (await predict(lucia, jpeg())).json()["predictions"]}
    assert names == tags
    assert "pizza" in names


async def test_limits_are_told_to_anyone(anonymous: httpx.AsyncClient) -> None:
    limits = (await anonymous.get("/limits")).json()
    assert limits["max_upload_bytes"] == 4 * 1024 * 1024
    assert "JPEG" in limits["formats"]


async def test_not_signed_in_is_refused_before_the_body_is_read(
    anonymous: httpx.AsyncClient,
) -> None:
    assert_error(await predict(anonymous, jpeg()), 401, "not_signed_in")


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "no-such", "unicode_escape"])
async def test_odd_encodings_of_a_form_are_no_crash(lucia: httpx.AsyncClient, charset: str) -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="images"; filename="\\ud800+"\r\n\r\n'
    for path in ("/predict", "/predict/batch"):
        response = await lucia.post(
            path,
            content=part + jpeg() + b"\r\n--B--\r\n",
            headers={"Content-Type": f"multipart/form-data; boundary=B; charset={charset}"},
        )
        assert response.status_code in (200, 400, 422), response.text
