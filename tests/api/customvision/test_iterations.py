"""Iterations in Custom Vision's dialect: named, published, measured, exported."""

import io
import zipfile
from uuid import UUID, uuid4

import httpx
import pytest
from tests.api.customvision.dialect import assert_refused
from tests.trained import make_images, make_iteration, make_project, put_evaluation

from classifr.kinds import IterationStatus
from classifr.state import State

RESOURCE = "/subscriptions/s/resourceGroups/g/providers/p/accounts/a"


@pytest.fixture
async def project(state: State) -> UUID:
    return await make_project(state)


@pytest.fixture
async def iteration(state: State, project: UUID) -> str:
    """The address of a trained iteration."""
    return f"/projects/{project}/iterations/{await make_iteration(state, project)}"


async def publish(
    training: httpx.AsyncClient, iteration: str, name: str = "live", **params: str
) -> httpx.Response:
    asked = {"publishName": name, "predictionId": RESOURCE, **params}
    return await training.post(f"{iteration}/publish", params=asked)


async def test_an_iteration_is_renamed(
    training: httpx.AsyncClient, state: State, project: UUID, iteration: str
) -> None:
    await make_iteration(state, project)
    whole = (await training.get(iteration)).json()
    renamed = (await training.patch(iteration, json={**whole, "name": "Best"})).json()
    assert renamed.pop("lastModified") >= whole.pop("lastModified")
    assert renamed == {**whole, "name": "Best"}
    assert (await training.patch(iteration, json={"name": "Best"})).status_code == 200
    for name, code in {
        "": "BadRequestIterationName",
        "n" * 257: "BadRequestIterationName",
        "Iteration 2": "BadRequestIterationNameNotUnique",
    }.items():
        assert_refused(await training.patch(iteration, json={"name": name}), 400, code)
    missing = await training.patch(iteration, json={})
    assert_refused(missing, 400, "BadRequestRequiredParamIsNull")


async def test_what_is_not_there(training: httpx.AsyncClient, state: State, iteration: str) -> None:
    project = iteration.split("/")[2]
    other = await make_project(state, "Other")
    stranger = await make_iteration(state, other)
    # A name is no id, though it looks like one.
    looks_like_one = uuid4()
    await training.patch(iteration, json={"name": str(looks_like_one)})
    for each in (uuid4(), stranger, looks_like_one, "latest"):
        path = f"/projects/{project}/iterations/{each}"
        for answer in (
            await training.get(path),
            await training.patch(path, json={"name": "n"}),
            await training.delete(path),
            await publish(training, path),
            await training.delete(f"{path}/publish"),
            await training.get(f"{path}/performance"),
            await training.get(f"{path}/performance/images"),
            await training.get(f"{path}/performance/images/count"),
            await training.get(f"{path}/export"),
            await training.post(f"{path}/export", params={"platform": "ONNX"}),
        ):
            assert_refused(answer, 404, "NotFoundIteration")


async def test_publishing_and_unpublishing(training: httpx.AsyncClient, iteration: str) -> None:
    answer = await publish(training, iteration, " classify Model/1 ")
    assert (answer.status_code, answer.content) == (200, b"true")
    found = (await training.get(iteration)).json()
    assert found["publishName"] == "classify Model/1"
    assert found["originalPublishResourceId"] == RESOURCE
    for overwrite in ("false", "true"):
        again = await publish(training, iteration, "other", overwrite=overwrite)
        message = assert_refused(again, 400, "BadRequestIterationIsPublished")
        assert message == "Iteration is already published as: classify Model/1"
    project = iteration.partition("/iterations")[0]
    for path in (iteration, project):
        assert_refused(await training.delete(path), 400, "BadRequestIterationIsPublished")
    gone = await training.delete(f"{iteration}/publish")
    assert (gone.status_code, gone.content) == (204, b"")
    found = (await training.get(iteration)).json()
    assert (found["publishName"], found["originalPublishResourceId"]) == (None, None)
    again = await training.delete(f"{iteration}/publish")
    assert_refused(again, 400, "BadRequestIterationNotPublished")
    assert (await training.delete(iteration)).status_code == 204


async def test_a_published_name_is_taken_over_only_when_asked(
    training: httpx.AsyncClient,
    state: State,
    project: UUID,
    iteration: str,
) -> None:
    other = f"/projects/{project}/iterations/{await make_iteration(state, project, seed=1)}"
    await publish(training, iteration)
    assert_refused(await publish(training, other), 400, "BadRequestInvalidPublishName")
    assert (await publish(training, other, overwrite="true")).json() is True
    assert (await training.get(iteration)).json()["publishName"] is None
    # It answers at once.
    assert state.vision._installation.published._snapshot.places[
        (project, "live")
    ].model.iteration_id == UUID(other.rpartition("/")[2])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"publishName": ""}, "BadRequestInvalidPublishName"),
        ({"publishName": "n" * 129}, "BadRequestInvalidPublishName"),
        ({"publishName": ".."}, "BadRequestInvalidPublishName"),
        ({"publishName": "a\tb"}, "BadRequestInvalidPublishName"),
        ({"predictionId": " "}, "BadRequestInvalidPublishTarget"),
        ({"predictionId": "r" * 513}, "BadRequestInvalidPublishTarget"),
        ({"overwrite": "maybe"}, "BadRequest"),
    ],
)
async def test_a_publication_that_cannot_be(
    training: httpx.AsyncClient, iteration: str, params: dict, code: str
) -> None:
    asked = {"publishName": "live", "predictionId": RESOURCE, **params}
    assert_refused(await training.post(f"{iteration}/publish", params=asked), 400, code)


async def test_only_what_is_trained_is_published_and_exported(
    training: httpx.AsyncClient, state: State, project: UUID
) -> None:
    failed = await make_iteration(state, project, status=IterationStatus.FAILED)
    path = f"/projects/{project}/iterations/{failed}"
    for answer in (
        await publish(training, path),
        await training.post(f"{path}/export", params={"platform": "ONNX"}),
        await training.get(f"{path}/performance/images"),
    ):
        assert_refused(answer, 400, "BadRequestIterationIsNotTrained")


@pytest.fixture
async def judged(state: State, project: UUID) -> tuple[str, list[UUID]]:
    """The address of an iteration, and its held-out images, the oldest first."""
    iteration = await make_iteration(state, project)
    images = sorted(
        await make_images(state, project, [["cannoli"], ["cannoli"], ["risotto"], ["risotto"]])
    )
    # The evaluation has them in an order of its own.
    shuffled = [images[2], images[0], images[3], images[1]]
    probabilities = [[0.3, 0.7], [0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]
    await put_evaluation(state, iteration, shuffled, probabilities)
    return f"/projects/{project}/iterations/{iteration}", images


async def test_metrics_at_a_threshold(
    training: httpx.AsyncClient, judged: tuple[str, list[UUID]]
) -> None:
    path, _ = judged
    report = (await training.get(f"{path}/performance")).json()
    tags = report.pop("perTagPerformance")
    assert [tag["name"] for tag in tags] == ["cannoli", "risotto"]
    same = await training.get(f"{path}/performance?threshold=0.5&overlapThreshold=0.3")
    assert same.json() == {**report, "perTagPerformance": tags}
    assert set(report) == {
        "precision",
        "precisionStdDeviation",
        "recall",
        "recallStdDeviation",
        "averagePrecision",
    }
    strict = (await training.get(f"{path}/performance?threshold=1")).json()
    # Nothing is predicted, so that there is no precision: the service has no null for it.
    assert (strict["precision"], strict["recall"]) == (0, 0)
    assert strict["averagePrecision"] == report["averagePrecision"]
    for query in ("threshold=1.1", "threshold=-1", "threshold=nan", "overlapThreshold=2"):
        assert_refused(await training.get(f"{path}/performance?{query}"), 400, "BadRequest")


async def test_what_was_said_of_each_image(
    training: httpx.AsyncClient, judged: tuple[str, list[UUID]]
) -> None:
    path, images = judged
    found = (await training.get(f"{path}/performance/images")).json()
    assert [UUID(image["id"]) for image in found] == images[::-1]
    newest = found[0]
    assert {tag["tagName"] for tag in newest["tags"]} <= {"cannoli", "risotto"}
    for image in found:
        said = [each["probability"] for each in image["predictions"]]
        assert said == sorted(said, reverse=True)
        assert image["regions"] == []
        assert image["imageUri"].startswith("http://classifr.test/customvision/files/")
        assert not image["created"].endswith("Z")
    by_id = {UUID(image["id"]): image for image in found}
    first = by_id[images[2]]["predictions"][0]
    assert (first["tagName"], first["probability"], first["tagType"]) == ("risotto", 0.7, "Regular")

    params = {"orderBy": "oldest", "take": 2, "skip": 1}
    page = (await training.get(f"{path}/performance/images", params=params)).json()
    assert [UUID(image["id"]) for image in page] == images[1:3]
    cannoli = next(tag for tag in newest["predictions"] if tag["tagName"] == "cannoli")["tagId"]
    for tag_ids, count in ((cannoli, 2), (f"{cannoli},{first['tagId']}", 4), (uuid4(), 0)):
        params = {"tagIds": str(tag_ids)}
        some = (await training.get(f"{path}/performance/images", params=params)).json()
        counted = await training.get(f"{path}/performance/images/count", params=params)
        assert (len(some), counted.json()) == (count, count)
    assert (await training.get(f"{path}/performance/images/count")).json() == 4
    for query in ("take=257", "skip=-1", "orderBy=Best", "tagIds=pizza"):
        refused = await training.get(f"{path}/performance/images?{query}")
        assert refused.status_code == 400
        assert set(refused.json()) == {"code", "message"}


async def test_images_that_were_deleted_are_left_out(
    training: httpx.AsyncClient, judged: tuple[str, list[UUID]]
) -> None:
    path, images = judged
    project = path.partition("/iterations")[0]
    await training.delete(f"{project}/images", params={"imageIds": str(images[0])})
    found = (await training.get(f"{path}/performance/images")).json()
    assert [UUID(image["id"]) for image in found] == images[:0:-1]
    assert (await training.get(f"{path}/performance/images/count")).json() == 3


async def test_a_model_is_exported(
    training: httpx.AsyncClient, stranger: httpx.AsyncClient, iteration: str
) -> None:
    path = f"{iteration}/export"
    assert (await training.get(path)).json() == []
    started = await training.post(path, params={"platform": "onnx"})
    assert started.json() == {
        "platform": "ONNX",
        "status": "Exporting",
        "downloadUri": None,
        "flavor": None,
        "newerVersionAvailable": False,
    }
    again = await training.post(path, params={"platform": "ONNX"})
    message = assert_refused(again, 400, "BadRequestExportAlreadyInProgress")
    assert message == f"{iteration.rpartition('/')[2]} is already queued for export"
    flavored = await training.post(path, params={"platform": "ONNX", "flavor": "onnx12"})
    assert flavored.json()["flavor"] == "ONNX12"
    plain, other = (await training.get(path)).json()
    assert (plain["status"], plain["flavor"], other["flavor"]) == ("Done", None, "ONNX12")

    address = plain["downloadUri"]
    file = await stranger.get(address)
    assert file.status_code == 200
    assert file.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert any(name.endswith(".onnx") for name in archive.namelist())
    for wrong in (
        address.partition("?")[0],
        address[:-3] + "aaa",
        address.replace(iteration.rpartition("/")[2], str(uuid4())),
    ):
        assert_refused(await stranger.get(wrong), 403, "Forbidden")


async def test_flavor_that_programs_ask_for_is_answered_as_asked(
    training: httpx.AsyncClient, iteration: str
) -> None:
    """The published files do not list it; the service's samples do."""
    params = {"platform": "ONNX", "flavor": "ONNXFloat16"}
    started = await training.post(f"{iteration}/export", params=params)
    assert started.json()["flavor"] == "ONNXFloat16"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "BadRequestRequiredParamIsNull"),
        ({"platform": "Paper"}, "BadRequestProjectUnsupportedExportPlatform"),
        ({"platform": "CoreML"}, "BadRequestProjectUnsupportedExportPlatform"),
        (
            {"platform": "TensorFlow", "flavor": "TensorFlowLite"},
            "BadRequestProjectUnsupportedExportPlatform",
        ),
        ({"platform": "ONNX", "flavor": "ARM"}, "BadRequestExportValidationFailed"),
    ],
)
async def test_other_exports_are_refused(
    training: httpx.AsyncClient, iteration: str, params: dict, code: str
) -> None:
    assert_refused(await training.post(f"{iteration}/export", params=params), 400, code)
    assert (await training.get(f"{iteration}/export")).json() == []
