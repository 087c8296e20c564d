"""What the prediction client and the quick test answer, and refuse."""

import json
import re
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.api.customvision.dialect import PREDICTION_URL, assert_refused, make_key, raw_client
from tests.api.customvision.published import NAME, Published, publish
from tests.pictures import encoded, jpeg, picture
from tests.trained import make_iteration, make_project

from classifr.database.models import Prediction, Scope, Tag, User
from classifr.errors import ImageAddressRefused, ImageTooLarge
from classifr.kinds import IterationStatus
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID

BINARY = {"Content-Type": "application/octet-stream"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def fetched(state: State, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which addresses were fetched, and how large what lies there might have been."""
    asked: list[tuple[str, int]] = []

    async def fetch(url: str, *, max_bytes: int) -> bytes:
        asked.append((url, max_bytes))
        if "private" in url:
            raise ImageAddressRefused
        if "large" in url:
            raise ImageTooLarge
        return jpeg()

    monkeypatch.setattr(state.fetcher, "fetch", fetch)
    return asked


async def rows(state: State) -> list[Prediction]:
    async with state.database.transaction() as session:
        return list(await session.scalars(select(Prediction)))


async def tag_ids(state: State, project_id: UUID) -> dict[str, str]:
    async with state.database.transaction() as session:
        query = select(Tag.name, Tag.id).where(Tag.project_id == project_id)
        return {name: str(tag_id) for name, tag_id in await session.execute(query)}


def form(*parts: bytes) -> dict:
    """A multipart body written by hand."""
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=edge"}}


async def test_answer_has_every_tag_likeliest_first(
    prediction: httpx.AsyncClient, published: Published, state: State
) -> None:
    response = await prediction.post(
        f"{published.classify}/image", files={"imageData": ("a.jpg", jpeg())}
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["id", "project", "iteration", "created", "predictions"]
    assert body["project"] == str(published.project_id)
    assert body["iteration"] == str(published.iteration_id)
    assert INSTANT.fullmatch(body["created"])
    ids = await tag_ids(state, published.project_id)
    assert {tag["tagName"]: tag["tagId"] for tag in body["predictions"]} == ids
    likely = [tag["probability"] for tag in body["predictions"]]
    assert likely == sorted(likely, reverse=True)
    assert sum(likely) == pytest.approx(1, abs=1e-6)
    for tag in body["predictions"]:
        assert tag["boundingBox"] is None
        assert tag["tagType"] == "Regular"


async def test_bodies_in_every_form_have_one_answer(
    prediction: httpx.AsyncClient, published: Published, fetched: list
) -> None:
    disposition = b'Content-Disposition: form-data; name="imageData"'
    bodies = [
        ("image", {"files": {"imageData": ("a.jpg", jpeg(), "image/jpeg")}}),
        ("image", {"files": {"file": ("a.jpg", jpeg())}}),
        ("image", form(disposition + b"\r\n\r\n" + jpeg())),
        (
            "image",
            form(
                b'content-disposition: form-data; name="note"\r\n\r\nx',
                b"Content-Type: image/jpeg\r\n" + disposition.lower() + b"\r\n\r\n" + jpeg(),
            ),
        ),
        ("image", {"content": jpeg(), "headers": BINARY}),
        ("image", {"content": jpeg()}),
        ("url", {"json": {"url": "http://a/b.jpg"}}),
        ("url", {"json": {"Url": " http://a/b.jpg "}}),
        (
            "url",
            {
                "content": b"{'url' : 'http://a/b.jpg'}",
                "headers": {"Content-Type": "application/json"},
            },
        ),
        ("url", {"content": b'\xef\xbb\xbf{"URL": "http://a/b.jpg"}'}),
        ("url", {"data": {"url": "http://a/b.jpg"}}),
    ]
    answers = [
        await prediction.post(f"{published.classify}/{kind}{ending}", **body)
        for ending in ("", "/nostore")
        for kind, body in bodies
    ]
    assert [answer.status_code for answer in answers] == [200] * 22, [a.text for a in answers]
    likely = {answer.json()["predictions"][0]["probability"] for answer in answers}
    assert len(likely) == 1
    assert fetched == [("http://a/b.jpg", 4 * 1024 * 1024)] * 10


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
async def test_each_format_is_read(
    prediction: httpx.AsyncClient, published: Published, image_format: str
) -> None:
    image = encoded(picture(), image_format)
    response = await prediction.post(
        f"{published.classify}/image/nostore", content=image, headers=BINARY
    )
    assert response.status_code == 200, response.text


async def test_stored_answer_is_kept_with_its_image_for_its_time(
    prediction: httpx.AsyncClient, published: Published, state: State, owner: User
) -> None:
    response = await prediction.post(
        f"{published.classify}/image?application=till", content=jpeg(), headers=BINARY
    )
    (row,) = await rows(state)
    assert str(row.id) == response.json()["id"]
    assert row.user_id == owner.id
    assert row.application == "till"
    assert row.kept_until is not None
    assert (row.kept_until - row.created_at).days == 30
    assert [(likely["tag_id"], likely["probability"]) for likely in row.top] == [
        (tag["tagId"], tag["probability"]) for tag in response.json()["predictions"]
    ]
    assert row.image_key == f"stored/{row.id}"
    assert await state.storage.get(row.image_key) == jpeg()


async def test_nothing_is_kept_without_store(
    prediction: httpx.AsyncClient,
    training: httpx.AsyncClient,
    published: Published,
    state: State,
    fetched: list,
) -> None:
    address = {"url": "http://a/b.jpg"}
    before = {found.key async for found in state.storage.list("stored/")}
    answers = [
        await prediction.post(f"{published.classify}/image/nostore", content=jpeg()),
        await prediction.post(f"{published.classify}/url/nostore", json=address),
        await training.post(f"{published.project}/quicktest/image?store=false", content=jpeg()),
        await training.post(f"{published.project}/quicktest/url?store=False", json=address),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4
    assert await rows(state) == []
    assert {found.key async for found in state.storage.list("stored/")} == before


async def test_unknown_names_and_projects_are_not_found(
    prediction: httpx.AsyncClient, published: Published, fetched: list
) -> None:
    start = f"/{published.project_id}/classify/iterations"
    for ending, body in (
        ("image", {"content": jpeg()}),
        ("image/nostore", {"files": {"imageData": jpeg()}}),
        ("url", {"json": {"url": "http://a"}}),
        ("url/nostore", {"json": {"url": "http://a"}}),
    ):
        unknown = await prediction.post(f"{start}/Live/{ending}", **body)
        assert assert_refused(unknown, 404, "NotFoundIteration") == "Invalid iteration"
        for project in (uuid4(), BUILTIN_PROJECT_ID, "dishes"):
            path = f"/{project}/classify/iterations/{NAME}/{ending}"
            assert_refused(await prediction.post(path, **body), 404, "NotFoundProject")
    assert fetched == []


async def test_images_that_cannot_be_classified_are_refused(
    prediction: httpx.AsyncClient, published: Published, state: State
) -> None:
    path = f"{published.classify}/image"
    large = jpeg() + b"\0" * 4 * 1024 * 1024
    for body, code in (
        (b"<html>", "BadRequestImageFormat"),
        (jpeg()[:300], "BadRequestImageFormat"),
        (large, "BadRequestImageSizeBytes"),
        (large * 2, "BadRequestImageSizeBytes"),
        (b"", "BadRequestImageStream"),
    ):
        assert_refused(await prediction.post(path, content=body, headers=BINARY), 400, code)
        if body:
            assert_refused(await prediction.post(path, files={"imageData": body}), 400, code)
    assert await rows(state) == []


async def test_forms_that_hold_no_image_are_refused(
    prediction: httpx.AsyncClient, published: Published
) -> None:
    path = f"{published.classify}/image"
    part = b'Content-Disposition: form-data; name="imageData"\r\n\r\nx'
    text = b'Content-Disposition: form-data; name="other"\r\n\r\nx'
    for body in (form(), form(text, text), form(b"no head")):
        assert_refused(await prediction.post(path, **body), 400, "BadRequestImageStream")
    for empty in (form(b""), form(b"\r\n")):
        assert (await prediction.post(path, **empty)).status_code == 400
    for many in (form(part, part), form(*[text] * 17)):
        assert_refused(await prediction.post(path, **many), 400, "BadRequestExceededBatchSize")
    cut = form(part)
    cut["content"] = cut["content"][:-8]
    assert_refused(await prediction.post(path, **cut), 400, "BadRequestImageStream")
    endless = {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}
    assert_refused(await prediction.post(path, **endless), 400, "BadRequestImageStream")


async def test_only_part_of_a_form_is_the_image(
    prediction: httpx.AsyncClient, published: Published
) -> None:
    for named in (b'; name="image"', b""):
        body = b"--cut\r\nContent-Disposition: form-data%b\r\n\r\n%b\r\n--cut--" % (named, jpeg())
        response = await prediction.post(
            f"{published.classify}/image",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=cut"},
        )
        assert response.status_code == 200, response.text


async def test_object_may_be_written_as_a_text(
    prediction: httpx.AsyncClient, published: Published, fetched: list
) -> None:
    for text in ('{"url": "http://a/b.jpg"}', "{'Url':'http://a/b.jpg'}"):
        await prediction.post(f"{published.classify}/url", json=text)
    assert [url for url, _ in fetched] == ["http://a/b.jpg"] * 2


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/jpeg", "image/png"])
async def test_whole_body_is_the_image(
    prediction: httpx.AsyncClient, published: Published, kind: str
) -> None:
    response = await prediction.post(
        f"{published.classify}/image", content=jpeg(), headers={"Content-Type": kind}
    )
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_other_kinds_of_bodies_are_unsupported(
    prediction: httpx.AsyncClient, published: Published, kind: str
) -> None:
    response = await prediction.post(
        f"{published.classify}/image", content=jpeg(), headers={"Content-Type": kind}
    )
    message = assert_refused(response, 415, "UnsupportedMediaType")
    assert kind in message


async def test_addresses_that_cannot_be_fetched_are_refused(
    prediction: httpx.AsyncClient, published: Published, fetched: list
) -> None:
    path = f"{published.classify}/url"
    for body in ({}, [], {"url": ""}, {"url": 5}, {"address": "http://a"}, "http://a"):
        assert_refused(await prediction.post(path, json=body), 400, "BadRequestImageUrl")
    for content in (b"", b"{", b"{'url': 'a', 'b': 'c'}", b"[" * 50_000, b"\xff"):
        assert_refused(await prediction.post(path, content=content), 400, "BadRequestImageUrl")
    binary = await prediction.post(path, content=jpeg(), headers=BINARY)
    assert_refused(binary, 415, "UnsupportedMediaType")
    assert fetched == []
    private = await prediction.post(path, json={"url": "http://private/"})
    assert_refused(private, 400, "BadRequestImageUrl")
    large = await prediction.post(path, json={"url": "http://large/"})
    assert_refused(large, 400, "BadRequestImageSizeBytes")


async def test_application_names_that_no_database_keeps_are_refused(
    prediction: httpx.AsyncClient, published: Published
) -> None:
    for name in ("x" * 257, "a\0b", "a\nb"):
        response = await prediction.post(
            f"{published.classify}/image", params={"application": name}, content=jpeg()
        )
        assert_refused(response, 400, "BadRequestPredictionInvalidApplicationName")


async def test_key_that_may_only_train_does_not_classify(
    app: FastAPI, state: State, owner: User, published: Published
) -> None:
    key = await make_key(state, owner, Scope.TRAIN)
    async with raw_client(app, PREDICTION_URL, {"Prediction-Key": key}) as client:
        for ending in ("classify", "detect"):
            path = published.classify.replace("classify", ending)
            assert_refused(await client.post(f"{path}/image", content=jpeg()), 401, "401")


async def test_published_name_may_have_any_letters(
    prediction: httpx.AsyncClient, published: Published, state: State
) -> None:
    name = "Modèle n°1/β 100% ?#"
    other = await make_iteration(state, published.project_id)
    await publish(state, published.project_id, other, name)
    quoted = "Mod%C3%A8le%20n%C2%B01%2F%CE%B2%20100%25%20%3F%23"
    path = f"/{published.project_id}/classify/iterations/{quoted}/image"
    assert (await prediction.post(path, content=jpeg())).status_code == 200


# The quick test


async def test_quick_test_asks_the_iteration_that_is_named(
    training: httpx.AsyncClient, published: Published, state: State, fetched: list
) -> None:
    other = await make_iteration(state, published.project_id, seed=1)
    path = f"{published.project}/quicktest"
    for iteration_id in (published.iteration_id, other):
        for response in (
            await training.post(f"{path}/image?iterationId={iteration_id}", content=jpeg()),
            await training.post(
                f"{path}/url?iterationId={iteration_id}", json={"url": "http://a/b.jpg"}
            ),
        ):
            assert response.status_code == 200, response.text
            assert response.json()["iteration"] == str(iteration_id)
            assert len(response.json()["predictions"]) == 2
    assert {row.image_key for row in await rows(state)} == {
        f"stored/{row.id}" for row in await rows(state)
    }
    assert {max_bytes for _, max_bytes in fetched} == {6 * 1024 * 1024}


async def test_quick_test_takes_the_published_iteration_else_the_latest_trained(
    training: httpx.AsyncClient, state: State
) -> None:
    project_id = await make_project(state)
    path = f"/projects/{project_id}/quicktest/image"
    await make_iteration(state, project_id, status=IterationStatus.FAILED)
    refused = await training.post(path, content=jpeg())
    assert_refused(refused, 404, "NotFoundProjectDefaultIteration")
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await make_iteration(state, project_id, status=IterationStatus.TRAINING)
    latest = await training.post(path, content=jpeg())
    assert latest.json()["iteration"] == str(second)
    await publish(state, project_id, first)
    default = await training.post(path, content=jpeg())
    assert default.json()["iteration"] == str(first)


async def test_quick_tests_that_cannot_be_are_refused(
    training: httpx.AsyncClient, published: Published, state: State
) -> None:
    path = f"{published.project}/quicktest/image"
    body = {"content": jpeg()}
    unknown = await training.post(f"{path}?iterationId={uuid4()}", **body)
    assert_refused(unknown, 404, "NotFoundIteration")
    failed = await make_iteration(state, published.project_id, status=IterationStatus.FAILED)
    untrained = await training.post(f"{path}?iterationId={failed}", **body)
    assert_refused(untrained, 400, "BadRequestIterationIsNotTrained")
    for project in (uuid4(), BUILTIN_PROJECT_ID, "dishes"):
        response = await training.post(f"/projects/{project}/quicktest/image", **body)
        assert_refused(response, 404, "NotFoundProject")
    heavy = jpeg() + b"\0" * 5 * 1024 * 1024
    accepted = await training.post(path, content=heavy)
    assert accepted.status_code == 200, accepted.text
    too_heavy = await training.post(path, content=heavy + b"\0" * 1024 * 1024)
    assert_refused(too_heavy, 400, "BadRequestImageSizeBytes")


# Object detection


async def test_detection_is_refused_plainly(
    prediction: httpx.AsyncClient, training: httpx.AsyncClient, published: Published
) -> None:
    detect = published.classify.replace("classify", "detect")
    for ending in ("image", "image/nostore", "url", "url/nostore"):
        response = await prediction.post(f"{detect}/{ending}", content=jpeg())
        assert "detection" in assert_refused(response, 400, "BadRequestNotSupported")
        response = await prediction.post(f"/{uuid4()}/detect/iterations/x/{ending}")
        assert_refused(response, 404, "NotFoundProject")
    for method, path in (
        ("POST", f"images/{uuid4()}/regionproposals"),
        ("POST", "images/regions"),
        ("DELETE", f"images/regions?regionIds={uuid4()}"),
    ):
        response = await training.request(method, f"{published.project}/{path}")
        assert "detection" in assert_refused(response, 400, "BadRequestNotSupported")
        response = await training.request(method, f"/projects/{uuid4()}/{path}")
        assert_refused(response, 404, "NotFoundProject")


async def test_answer_of_many_tags_is_whole(prediction: httpx.AsyncClient, state: State) -> None:
    names = [f'dish {number} “é” "}}],{{\\' for number in range(120)]
    project_id = await make_project(state, "Many", names)
    await publish(state, project_id, await make_iteration(state, project_id))
    response = await prediction.post(
        f"/{project_id}/classify/iterations/{NAME}/image", content=jpeg()
    )
    found = json.loads(response.content)["predictions"]
    assert sorted(tag["tagName"] for tag in found) == sorted(names)
