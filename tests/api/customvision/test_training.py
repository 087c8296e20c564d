"""Training in Custom Vision's dialect."""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from tests.albums import add_images, make_album
from tests.api.customvision.dialect import assert_refused
from tests.api.jobs import run_jobs
from tests.trained import make_iteration, make_project

from classifr.kinds import ClassificationType, IterationStatus
from classifr.state import State

IMAGES = {"pizza": 12, "risotto": 12}


@pytest.fixture
async def project(state: State) -> UUID:
    """A project that can be trained."""
    return await make_album(state.database, state.vision, IMAGES)


async def train(training: httpx.AsyncClient, project: UUID, **params: object) -> httpx.Response:
    return await training.post(f"/projects/{project}/train", params=params)


async def test_a_training_from_its_start_to_its_end(
    app: FastAPI, training: httpx.AsyncClient, project: UUID
) -> None:
    started = (await train(training, project, forceTrain="False", reservedBudgetInHours=0)).json()
    assert (started["status"], started["name"]) == ("Training", "Iteration 1")
    assert started["projectId"] == str(project)
    assert "trainedAt" not in started
    for name in ("domainId", "classificationType", "exportableTo", "publishName"):
        assert started[name] is None
    assert (started["trainingTimeInMinutes"], started["exportable"]) == (0, False)
    assert_refused(await train(training, project), 400, "BadRequestTrainingAlreadyInProgress")
    path = f"/projects/{project}/iterations/{started['id']}"
    assert_refused(await training.delete(path), 400, "BadRequestTrainingAlreadyInProgress")
    not_yet = await training.get(f"{path}/performance")
    assert_refused(not_yet, 400, "BadRequestIterationIsNotTrained")

    await run_jobs(app)
    done = (await training.get(path)).json()
    assert done["status"] == "Completed"
    assert done["created"] <= done["trainedAt"] <= done["lastModified"]
    assert done["classificationType"] == "Multiclass"
    assert done["domainId"] == "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
    assert (done["exportable"], done["exportableTo"]) == (True, ["ONNX"])
    assert done["trainingErrorDetails"] is None

    message = assert_refused(await train(training, project), 400, "BadRequestTrainingNotNeeded")
    assert message.startswith("Nothing changed since last training")
    forced = (await train(training, project, forceTrain="true")).json()
    await run_jobs(app)
    listed = (await training.get(f"/projects/{project}/iterations")).json()
    assert [iteration["id"] for iteration in listed] == [forced["id"], started["id"]]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (
            ClassificationType.MULTICLASS,
            "BadRequestMultiClassClassificationTrainingValidationFailed",
        ),
        (
            ClassificationType.MULTILABEL,
            "BadRequestMultiLabelClassificationTrainingValidationFailed",
        ),
    ],
)
async def test_too_few_images(
    training: httpx.AsyncClient, state: State, kind: ClassificationType, code: str
) -> None:
    project = await make_album(state.database, state.vision, {}, classification_type=kind)
    for images in ({"pizza": 5}, {"risotto": 4}):
        await add_images(state.database, state.vision, project, images)
        message = assert_refused(await train(training, project), 400, code)
        assert message.startswith("Not enough images for training")


async def test_selected_tags_are_all_that_is_learned(
    app: FastAPI, training: httpx.AsyncClient, state: State, project: UUID
) -> None:
    await add_images(state.database, state.vision, project, {"wine": 12, "rare": 1})
    tags = {
        tag["name"]: tag["id"] for tag in (await training.get(f"/projects/{project}/tags")).json()
    }
    path = f"/projects/{project}/train"
    selected = [tags["wine"], tags["pizza"]]
    started = await training.post(path, json={"SelectedTags": selected})
    assert started.status_code == 200, started.text
    await run_jobs(app)
    asked = {"iterationId": started.json()["id"]}
    learned = (await training.get(f"/projects/{project}/tags", params=asked)).json()
    assert {tag["id"] for tag in learned} == set(selected)
    count = await training.get(f"/projects/{project}/iterations/{asked['iterationId']}/performance")
    assert {tag["name"] for tag in count.json()["perTagPerformance"]} == {"wine", "pizza"}

    same = await training.post(path, json={"selectedTags": selected[::-1]})
    assert_refused(same, 400, "BadRequestTrainingNotNeeded")
    # What was not selected changed nothing of it.
    await add_images(state.database, state.vision, project, {"risotto": 1}, first_seed=50)
    same = await training.post(path, json={"selectedTags": selected})
    assert_refused(same, 400, "BadRequestTrainingNotNeeded")
    unknown = await training.post(path, json={"selectedTags": [str(uuid4()), *selected]})
    assert_refused(unknown, 404, "NotFoundTag")
    one = await training.post(path, json={"selectedTags": selected[:1]})
    assert_refused(one, 400, "BadRequestMultiClassClassificationTrainingValidationFailed")
    no_ids = await training.post(path, json={"selectedTags": ["pizza"]})
    assert_refused(no_ids, 400, "BadRequestInvalidIds")
    other = await training.post(path, json={"selectedTags": [tags["risotto"], tags["pizza"]]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"trainingType": "Slow"}, "BadRequest"),
        (
            {"trainingType": "Advanced"},
            "BadRequestReservedBudgetInHoursNotEnoughForAdvancedTraining",
        ),
        ({"reservedBudgetInHours": -1}, "BadRequest"),
        ({"reservedBudgetInHours": "many"}, "BadRequest"),
        ({"notificationEmailAddress": "nobody"}, "BadRequestInvalidEmailAddress"),
        ({"forceTrain": "maybe"}, "BadRequest"),
    ],
)
async def test_a_training_that_cannot_be(
    training: httpx.AsyncClient, project: UUID, params: dict, code: str
) -> None:
    assert_refused(await train(training, project, **params), 400, code)
    assert (await training.get(f"/projects/{project}/iterations")).json() == []


async def test_advanced_training_has_its_budget(training: httpx.AsyncClient, project: UUID) -> None:
    started = await train(
        training,
        project,
        trainingType="advanced",
        reservedBudgetInHours=2,
        notificationEmailAddress="cook@example.org",
    )
    assert started.json()["trainingType"] == "Advanced"
    assert started.json()["reservedBudgetInHours"] == 2


async def test_a_regular_training_needs_no_budget(
    training: httpx.AsyncClient, project: UUID
) -> None:
    started = await train(training, project, reservedBudgetInHours=3)
    assert (started.json()["trainingType"], started.json()["reservedBudgetInHours"]) == (
        "Regular",
        0,
    )


async def test_a_base_model_has_to_be_trained(
    training: httpx.AsyncClient, state: State, project: UUID
) -> None:
    path = f"/projects/{project}/train"

    def base(project: UUID, iteration: UUID) -> dict:
        named = {"projectId": str(project), "iterationId": str(iteration)}
        return {"customBaseModelInfo": named}

    other = await make_project(state, "Other")
    failed = await make_iteration(state, other, status=IterationStatus.FAILED)
    trained = await make_iteration(state, other)
    code = "BadRequestCustomBaseModelIterationStatusNotCompleted"
    assert_refused(await training.post(path, json=base(other, failed)), 400, code)
    unknown = await training.post(path, json=base(project, trained))
    assert_refused(unknown, 404, "NotFoundIteration")
    unknown = await training.post(path, json=base(uuid4(), trained))
    assert_refused(unknown, 404, "NotFoundProject")
    assert (await training.post(path, json=base(other, trained))).status_code == 200


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (IterationStatus.QUEUED, "Training"),
        (IterationStatus.TRAINING, "Training"),
        (IterationStatus.COMPLETED, "Completed"),
        (IterationStatus.FAILED, "Failed"),
        (IterationStatus.CANCELLED, "Failed"),
    ],
)
async def test_each_status_has_its_word(
    training: httpx.AsyncClient, state: State, status: IterationStatus, shown: str
) -> None:
    project = await make_project(state)
    iteration = await make_iteration(state, project, status=status)
    found = (await training.get(f"/projects/{project}/iterations/{iteration}")).json()
    assert found["status"] == shown
    is_cancelled = status is IterationStatus.CANCELLED
    assert (found["trainingErrorDetails"] == "The training was cancelled.") is is_cancelled


async def test_one_iteration_too_many(
    training: httpx.AsyncClient, state: State, project: UUID
) -> None:
    for _ in range(state.settings.training.max_iterations):
        await make_iteration(state, project, status=IterationStatus.FAILED)
    refused = await train(training, project)
    assert_refused(refused, 400, "BadRequestExceedIterationPerProjectLimit")
