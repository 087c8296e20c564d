"""What becomes of it when Custom Vision refuses, is late, breaks off or is something else."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image
from tests.conftest import make_settings
from tests.scripted import Answer, Request, ScriptedServer

from classifr.errors import (
    ClassifrError,
    EngineAnswerUnreadable,
    EngineBusy,
    EngineFailed,
    EngineKeysRefused,
    EngineRefused,
    EngineRetired,
    EngineTimeout,
    EngineUnavailable,
    ImageFormatUnsupported,
    ImageTooLarge,
    IterationNotTrained,
    LimitReached,
    NotPublished,
    NotSupported,
    ProjectNameTaken,
    ProjectNotFound,
    PublishedNameTaken,
    SettingsInvalid,
    TagNameTaken,
    TooFewImages,
    TrainingNotNeeded,
)
from classifr.kinds import ClassificationType, TagType, TrainingType
from classifr.vision.azure.classifier import AzureVision
from classifr.vision.port import Workspace
from classifr.vision.values import NewImage

TRAINING_KEY = "training-key-that-nobody-may-read"
PREDICTION_KEY = "prediction-key-that-nobody-may-read"
TIMEOUT_SECONDS = 0.5

PROJECT_ID = UUID("11111111-1111-4111-8111-111111111111")
ITERATION_ID = UUID("22222222-2222-4222-8222-222222222222")
OTHER_ID = UUID("33333333-3333-4333-8333-333333333333")
TAG_ID = UUID("44444444-4444-4444-8444-444444444444")

PROJECT = {
    "id": str(PROJECT_ID),
    "name": "Dishes",
    "description": "",
    "settings": {
        "domainId": "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31",
        "classificationType": "Multiclass",
        "targetExportPlatforms": [],
    },
    "created": "2026-01-01T00:00:00.000Z",
    "lastModified": "2026-01-01T00:00:00.000Z",
    "status": "Succeeded",
}
DOMAINS = [
    {"id": "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31", "name": "General", "type": "Classification"},
    {"id": "da2e3a8a-40a5-4171-82f4-58522f70fbc1", "name": "General", "type": "ObjectDetection"},
]
TAG = {"id": str(TAG_ID), "name": "pizza", "description": "", "type": "Regular", "imageCount": 0}


def iteration(
    iteration_id: UUID = ITERATION_ID, name: str = "Iteration 1", publish_name: str | None = None
) -> dict[str, object]:
    """One that is trained."""
    return {
        "id": str(iteration_id),
        "name": name,
        "status": "Completed",
        "created": "2026-01-02T00:00:00.000Z",
        "lastModified": "2026-01-02T00:00:00.000Z",
        "trainedAt": "2026-01-02T00:10:00.000Z",
        "projectId": str(PROJECT_ID),
        "exportable": False,
        "trainingType": "Regular",
        "reservedBudgetInHours": 0,
        "publishName": publish_name,
    }


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """What answers for Custom Vision."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
async def vision(server: ScriptedServer, tmp_path: Path) -> AsyncIterator[AzureVision]:
    """The engine, opened."""
    vision = AzureVision(
        make_settings(
            tmp_path,
            vision="azure",
            azure={
                "endpoint": f"{server.url}/",
                "training_key": TRAINING_KEY,
                "prediction_key": PREDICTION_KEY,
                "prediction_resource_id": "/subscriptions/s/accounts/a",
                "project": "Dishes",
                "timeout_seconds": TIMEOUT_SECONDS,
            },
        )
    )
    await vision.open()
    yield vision
    await vision.close()


@pytest.fixture
def workspace(vision: AzureVision) -> Workspace:
    """One unit of work; it needs nothing of the database."""
    return vision.workspace(None)  # type: ignore[arg-type]


def serve(server: ScriptedServer, changes: dict[tuple[str, str], object]) -> None:
    """Answer by method and end of the path; the rest as a project without anything in it."""
    usual: dict[tuple[str, str], object] = {
        ("GET", "/projects"): [PROJECT],
        ("GET", "/domains"): DOMAINS,
        ("GET", "/tags"): [],
        ("GET", "/iterations"): [],
        ("GET", "/count"): 0,
    }

    def script(request: Request) -> Answer:
        for (method, end), answer in {**changes, **usual, **changes}.items():
            if request.method == method and request.path.endswith(end):
                found = answer(request) if callable(answer) else answer
                return found if isinstance(found, Answer) else Answer(200, found)
        return Answer(404, {"code": "NotFound", "message": "no route"})

    server.script = script


def jpeg(color: str = "red", side: int = 64) -> bytes:
    """A small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), color).save(buffer, "JPEG")
    return buffer.getvalue()


async def create(workspace: Workspace) -> UUID:
    """Create a project; its id."""
    project = await workspace.projects.create(
        name="New", description="", classification_type=ClassificationType.MULTICLASS
    )
    return project.id


# --- keys, retirement, what is no Custom Vision


@pytest.mark.parametrize(
    "body",
    [
        {"code": "401", "message": "Access denied"},
        {"error": {"code": "401", "message": "Access denied"}},
        b"",
        b"<html>no</html>",
    ],
)
async def test_refused_key_is_named_by_its_setting(
    server: ScriptedServer, workspace: Workspace, body: object
) -> None:
    server.script = lambda _: Answer(401, body)
    with pytest.raises(EngineKeysRefused) as caught:
        await workspace.projects.list()
    assert "CLASSIFR_AZURE__TRAINING_KEY" in caught.value.detail
    assert "CLASSIFR_AZURE__ENDPOINT" in caught.value.detail
    assert len(server.requests) == 1


async def test_forbidden_names_the_prediction_key(
    server: ScriptedServer, vision: AzureVision
) -> None:
    refusal = Answer(403, {"code": "Forbidden", "message": "Out of call volume quota."})
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration(publish_name="m")],
            ("POST", "/classify/iterations/m/image/nostore"): refusal,
        },
    )
    with pytest.raises(EngineKeysRefused) as caught:
        await vision.classify(jpeg())
    assert "CLASSIFR_AZURE__PREDICTION_KEY" in caught.value.detail
    assert "Out of call volume quota" in caught.value.detail


async def test_gone_is_told_as_retired(server: ScriptedServer, workspace: Workspace) -> None:
    server.script = lambda _: Answer(
        410, {"code": "Gone", "message": "Custom Vision was retired on 2028-09-25."}
    )
    with pytest.raises(EngineRetired, match="retired on 2028-09-25"):
        await workspace.projects.list()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>welcome</html>", content_type="text/html"),
        Answer(200, b"{", content_type="application/json"),
        Answer(200, b"null"),
        Answer(200, {"id": 1}),
        Answer(200, [{"id": "1"}]),
        Answer(200, [{**PROJECT, "id": "not-an-id"}]),
        Answer(200, [{**PROJECT, "created": "yesterday"}]),
        Answer(200, [{**PROJECT, "settings": None}]),
        Answer(404, b"<html>nothing here</html>", content_type="text/html"),
        Answer(404, {"statusCode": 404, "message": "Resource not found"}),
        Answer(302, b"", headers={"Location": "http://127.0.0.1:1/elsewhere"}),
    ],
)
async def test_what_is_no_custom_vision_is_told_so(
    server: ScriptedServer, workspace: Workspace, answer: Answer
) -> None:
    server.script = lambda _: answer
    with pytest.raises(EngineAnswerUnreadable, match="CLASSIFR_AZURE__ENDPOINT"):
        await workspace.projects.list()
    # A key goes to one address alone: what sends on is not followed.
    assert len(server.requests) == 1


# --- busy, down, late, broken off


async def test_short_wait_is_waited_once(server: ScriptedServer, workspace: Workspace) -> None:
    first = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "1"})
    serve(server, {("GET", "/projects"): lambda _: [PROJECT] if server.requests[1:] else first})
    assert await workspace.projects.resolve("Dishes") == PROJECT_ID
    assert [request.path.split("/")[-1] for request in server.requests] == [
        *("projects", "projects", "domains")
    ]


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"Retry-After": "40"}, "slow", 40),
        ({}, "Rate limit is exceeded. Please retry after 26 seconds.", 26),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, "slow", None),
    ],
)
async def test_long_wait_is_the_callers(
    server: ScriptedServer,
    workspace: Workspace,
    headers: dict[str, str],
    message: str,
    seconds: int | None,
) -> None:
    server.script = lambda _: Answer(429, {"code": "429", "message": message}, headers=headers)
    with pytest.raises(EngineBusy) as caught:
        await workspace.projects.list()
    assert caught.value.retry_after_seconds == seconds or seconds is None
    assert (caught.value.retry_after_seconds or 0) > 5
    assert len(server.requests) == 1


async def test_busy_change_is_sent_once(server: ScriptedServer, workspace: Workspace) -> None:
    busy = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "1"})
    serve(server, {("POST", "/projects"): busy})
    with pytest.raises(EngineBusy) as caught:
        await create(workspace)
    assert caught.value.retry_after_seconds == 1
    assert server.count("POST") == 1


async def test_read_is_repeated_once_after_a_server_error(
    server: ScriptedServer, workspace: Workspace
) -> None:
    server.script = lambda _: Answer(500, {"code": "ErrorUnknown", "message": "oops"})
    with pytest.raises(EngineUnavailable):
        await workspace.projects.list()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("lost", "error"),
    [
        (Answer(500, {"code": "ErrorUnknown", "message": "oops"}), EngineUnavailable),
        (Answer(502, b"<html>bad gateway</html>", content_type="text/html"), EngineUnavailable),
        (Answer(504, b""), EngineTimeout),
        (Answer(is_dropped=True), EngineUnavailable),
        (Answer(200, PROJECT, after_seconds=3 * TIMEOUT_SECONDS), EngineTimeout),
        (Answer(200, b"<html>", content_type="text/html"), EngineAnswerUnreadable),
    ],
)
async def test_lost_answer_to_a_creation_is_told_and_never_sent_again(
    server: ScriptedServer, workspace: Workspace, lost: Answer, error: type[ClassifrError]
) -> None:
    serve(server, {("POST", "/projects"): lost})
    with pytest.raises(error, match="may have been done or not"):
        await create(workspace)
    assert server.count("POST") == 1


async def test_creation_whose_answer_was_lost_is_found_by_its_name(
    server: ScriptedServer, workspace: Workspace
) -> None:
    made = {**PROJECT, "id": str(OTHER_ID), "name": "New"}

    def projects(_: Request) -> object:
        return [PROJECT, made] if server.count("POST") else [PROJECT]

    serve(server, {("POST", "/projects"): Answer(is_dropped=True), ("GET", "/projects"): projects})
    assert await create(workspace) == OTHER_ID
    assert server.count("POST") == 1


async def test_lost_tag_and_lost_training_are_found(
    server: ScriptedServer, workspace: Workspace
) -> None:
    def after_post(path: str, value: object) -> object:
        return lambda _: (
            [value]
            if any(one.method == "POST" and one.path.endswith(path) for one in server.requests)
            else []
        )

    serve(
        server,
        {
            ("POST", "/tags"): Answer(is_dropped=True),
            ("POST", "/train"): Answer(is_dropped=True),
            ("GET", "/tags"): after_post("/tags", TAG),
            ("GET", "/iterations"): after_post("/train", {**iteration(), "status": "Training"}),
        },
    )
    tag = await workspace.tags.create(PROJECT_ID, name="pizza", tag_type=TagType.REGULAR)
    assert tag.id == TAG_ID
    started = await workspace.iterations.train(PROJECT_ID, training_type=TrainingType.REGULAR)
    assert (started.id, started.status) == (ITERATION_ID, "training")
    assert server.count("POST") == 2


async def test_nobody_there(workspace: Workspace, server: ScriptedServer) -> None:
    server.stop()
    with pytest.raises(EngineUnavailable):
        await workspace.projects.list()


async def test_classifying_is_repeated_when_the_connection_breaks(
    server: ScriptedServer, vision: AzureVision
) -> None:
    answer = {
        "id": str(OTHER_ID),
        "project": str(PROJECT_ID),
        "iteration": str(ITERATION_ID),
        "created": "2026-01-01T00:00:00.000Z",
        "predictions": [
            {"probability": 0.2, "tagId": str(OTHER_ID), "tagName": "risotto"},
            {"probability": 0.8, "tagId": str(TAG_ID), "tagName": "pizza"},
        ],
    }
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration(publish_name="m")],
            ("POST", "/m/image/nostore"): lambda _: (
                answer if server.count("POST") > 1 else Answer(is_dropped=True)
            ),
        },
    )
    classification = await vision.classify(jpeg())
    assert classification.tags == ("pizza", "risotto")
    assert classification.probabilities == (0.8, 0.2)
    assert classification.project == "Dishes"
    assert classification.iteration_id == ITERATION_ID
    assert [tag.id for tag in classification.outputs] == [TAG_ID, OTHER_ID]
    assert server.count("POST") == 2


async def test_predictions_go_on_while_only_the_training_resource_is_down(
    server: ScriptedServer, vision: AzureVision, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"predictions": [{"probability": 1, "tagId": str(TAG_ID), "tagName": "pizza"}]}
    known = {
        ("GET", "/iterations"): [iteration(publish_name="m")],
        ("POST", "/m/image/nostore"): answer,
    }
    serve(server, known)
    await vision.classify(jpeg())
    # Nothing is fresh any more.
    for remembered in (
        vision._installation.directory._projects,
        vision._installation.directory._iterations,
    ):
        monkeypatch.setattr(remembered, "_seconds", 0.0)
    busy = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "60"})
    serve(server, {**known, ("GET", "/projects"): busy, ("GET", "/iterations"): busy})
    assert (await vision.classify(jpeg())).tags == ("pizza",)
    with pytest.raises(EngineBusy):
        await vision.workspace(None).projects.resolve("Dishes")  # type: ignore[arg-type]


# --- refusals of the service


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("BadRequestProjectNameNotUnique", ProjectNameTaken),
        ("BadRequestExceedProjectLimit", LimitReached),
        ("BadRequestSomethingNew", EngineRefused),
        ("NotFoundProject", ProjectNotFound),
    ],
)
async def test_codes_become_errors_of_ours(
    server: ScriptedServer, workspace: Workspace, code: str, error: type[ClassifrError]
) -> None:
    status = 404 if code.startswith("NotFound") else 400
    serve(server, {("POST", "/projects"): Answer(status, {"code": code, "message": "Because."})})
    with pytest.raises(error):
        await create(workspace)
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("BadRequestTrainingNotNeeded", TrainingNotNeeded),
        ("BadRequestMultiClassClassificationTrainingValidationFailed", TooFewImages),
        ("BadRequestIterationIsNotTrained", IterationNotTrained),
        ("BadRequestRetiredDomainNotSupportedForTraining", EngineRetired),
    ],
)
async def test_training_that_is_refused(
    server: ScriptedServer, workspace: Workspace, code: str, error: type[ClassifrError]
) -> None:
    serve(server, {("POST", "/train"): Answer(400, {"code": code, "message": "Because."})})
    with pytest.raises(error):
        await workspace.iterations.train(PROJECT_ID, training_type=TrainingType.REGULAR)


async def test_name_that_is_there_is_never_sent(
    server: ScriptedServer, workspace: Workspace
) -> None:
    serve(server, {("GET", "/tags"): [TAG]})
    with pytest.raises(TagNameTaken):
        await workspace.tags.create(PROJECT_ID, name="pizza", tag_type=TagType.REGULAR)
    with pytest.raises(ProjectNameTaken):
        await workspace.projects.create(
            name="Dishes", description="", classification_type=ClassificationType.MULTICLASS
        )
    assert server.count("POST") == 0


async def test_projects_that_detect_objects_are_left_out(
    server: ScriptedServer, workspace: Workspace
) -> None:
    settings = {**PROJECT["settings"], "domainId": DOMAINS[1]["id"]}
    other = {**PROJECT, "id": str(OTHER_ID), "name": "Boxes", "settings": settings}
    serve(server, {("GET", "/projects"): [PROJECT, other]})
    assert [project.name for project in await workspace.projects.list()] == ["Dishes"]
    with pytest.raises(ProjectNotFound):
        await workspace.projects.get("Boxes")


async def test_iteration_without_metrics_is_listed_all_the_same(
    server: ScriptedServer, workspace: Workspace
) -> None:
    nothing = Answer(404, {"code": "NotFoundIterationPerformance", "message": "None."})
    serve(server, {("GET", "/iterations"): [iteration()], ("GET", "/performance"): nothing})
    (found,) = await workspace.iterations.list(PROJECT_ID)
    assert (found.name, found.summary) == ("Iteration 1", None)


async def test_missing_project_names_its_setting(
    server: ScriptedServer, vision: AzureVision
) -> None:
    serve(server, {("GET", "/projects"): []})
    with pytest.raises(ProjectNotFound, match="CLASSIFR_AZURE__PROJECT"):
        await vision.classify(jpeg())


async def test_unpublished_meanwhile_is_asked_for_anew(
    server: ScriptedServer, vision: AzureVision
) -> None:
    serve(
        server,
        {
            ("GET", "/iterations"): lambda _: (
                [] if server.count("POST") else [iteration(publish_name="m")]
            ),
            ("POST", "/m/image/nostore"): Answer(
                404, {"code": "NotFoundIteration", "message": "Invalid iteration"}
            ),
        },
    )
    with pytest.raises(NotPublished):
        await vision.classify(jpeg())
    assert server.count("POST") == 1


async def test_image_that_custom_vision_does_not_take_is_not_sent(
    server: ScriptedServer, vision: AzureVision
) -> None:
    webp = io.BytesIO()
    Image.new("RGB", (64, 64)).save(webp, "WEBP")
    with pytest.raises(ImageFormatUnsupported, match="WEBP"):
        await vision.classify(webp.getvalue())
    with pytest.raises(ImageTooLarge):
        await vision.classify(jpeg() + bytes(4 * 1024**2))
    assert server.requests == []


# --- publishing in place of another


class Publications:
    """A project with two trained iterations, the first published; `refuse` says what fails."""

    def __init__(self, server: ScriptedServer, refuse: set[str]) -> None:
        self.names: dict[UUID, str | None] = {OTHER_ID: "m", ITERATION_ID: None}
        self.refuse = refuse
        serve(
            server,
            {
                ("GET", "/iterations"): lambda _: [
                    iteration(ITERATION_ID, "Iteration 2", self.names[ITERATION_ID]),
                    iteration(OTHER_ID, "Iteration 1", self.names[OTHER_ID]),
                ],
                ("GET", "/performance"): {"perTagPerformance": [], "precision": 1, "recall": 1},
                ("POST", "/publish"): self._publish,
                ("DELETE", "/publish"): self._unpublish,
            },
        )

    def _publish(self, request: Request) -> object:
        wanted = self._asked(request)
        is_overwriting = "overwrite=true" in request.query
        refusal = Answer(400, {"code": "BadRequestInvalidPublishName", "message": "No."})
        if is_overwriting and "overwrite" in self.refuse:
            return refusal
        if f"publish {wanted}" in self.refuse:
            return Answer(500, {"code": "ErrorUnknown", "message": "No."})
        if "m" in self.names.values() and not is_overwriting:
            return refusal
        self.names = dict.fromkeys(self.names)
        self.names[wanted] = "m"
        return Answer(is_dropped=True) if "drop" in self.refuse else True

    def _unpublish(self, request: Request) -> object:
        self.names[self._asked(request)] = None
        return Answer(204)

    @staticmethod
    def _asked(request: Request) -> UUID:
        return UUID(request.path.split("/")[-2])


async def publish(workspace: Workspace) -> str | None:
    """Publish the second iteration as `m`."""
    published = await workspace.iterations.publish(
        PROJECT_ID, ITERATION_ID, name="m", username="anna", replace=True
    )
    return published.published_name


@pytest.mark.parametrize("refuse", [set(), {"overwrite"}, {"drop"}, {"overwrite", "drop"}])
async def test_name_moves_to_the_other_iteration(
    server: ScriptedServer, workspace: Workspace, refuse: set[str]
) -> None:
    there = Publications(server, refuse)
    assert await publish(workspace) == "m"
    assert there.names == {OTHER_ID: None, ITERATION_ID: "m"}


async def test_name_is_given_back_when_it_cannot_be_moved(
    server: ScriptedServer, workspace: Workspace
) -> None:
    there = Publications(server, {"overwrite", f"publish {ITERATION_ID}"})
    with pytest.raises(EngineUnavailable):
        await publish(workspace)
    assert there.names == {OTHER_ID: "m", ITERATION_ID: None}


async def test_name_that_can_neither_be_moved_nor_given_back_is_told(
    server: ScriptedServer, workspace: Workspace
) -> None:
    Publications(server, {"overwrite", f"publish {ITERATION_ID}", f"publish {OTHER_ID}"})
    with pytest.raises(EngineFailed, match="Nothing answers under it now"):
        await publish(workspace)


async def test_name_of_another_is_not_taken_unasked(
    server: ScriptedServer, workspace: Workspace
) -> None:
    there = Publications(server, set())
    with pytest.raises(PublishedNameTaken, match="Iteration 1"):
        await workspace.iterations.publish(PROJECT_ID, ITERATION_ID, name="m", username="anna")
    assert there.names == {OTHER_ID: "m", ITERATION_ID: None}


# --- images


async def test_results_are_those_of_their_images(
    server: ScriptedServer, workspace: Workspace
) -> None:
    """Whatever their order, and although two files have one name."""

    def images(request: Request) -> object:
        sent = json.loads(request.body)["images"]
        return Answer(
            207,
            {
                "isBatchSuccessful": False,
                "images": [
                    {"sourceUrl": one["name"], "status": "ErrorStorage"} for one in reversed(sent)
                ][:1]
                + [
                    {
                        "sourceUrl": one["name"],
                        "status": "OK",
                        "image": {
                            "id": str(UUID(int=place + 1)),
                            "created": "2026-01-01T00:00:00.1234567",
                            "width": 64,
                            "height": 64,
                        },
                    }
                    for place, one in enumerate(sent[:-1])
                ],
            },
        )

    serve(server, {("POST", "/images/files"): images})
    results = await workspace.images.add(
        PROJECT_ID,
        [
            NewImage("a.jpg", jpeg("red")),
            NewImage("broken.jpg", b"nothing"),
            NewImage("a.jpg", jpeg("blue")),
            NewImage("c.jpg", jpeg("green")),
        ],
    )
    assert [(one.name, str(one.status)) for one in results] == [
        ("a.jpg", "OK"),
        ("broken.jpg", "ErrorImageFormat"),
        ("a.jpg", "OK"),
        ("c.jpg", "ErrorStorage"),
    ]
    assert [one.image and one.image.id.int for one in results] == [1, None, 2, None]
    assert server.count("POST") == 1


async def test_batch_without_a_good_image_is_sent_image_by_image(
    server: ScriptedServer, workspace: Workspace
) -> None:
    refusal = Answer(400, {"code": "BadRequestImageBatch", "message": "No valid image files"})
    serve(server, {("POST", "/images/files"): refusal})
    images = [NewImage("a.jpg", jpeg("red")), NewImage("b.jpg", jpeg("blue"))]
    results = await workspace.images.add(PROJECT_ID, images)
    assert [str(one.status) for one in results] == ["ErrorImageFormat"] * 2
    assert server.count("POST") == 3


async def test_images_with_other_metadata_go_in_another_request(
    server: ScriptedServer, workspace: Workspace
) -> None:
    def images(request: Request) -> object:
        batch = json.loads(request.body)
        status = "ErrorLimitExceed" if batch.get("metadata") == {"shop": "Rome"} else "ErrorSource"
        sent = [{"sourceUrl": one["name"], "status": status} for one in batch["images"]]
        return Answer(207, {"isBatchSuccessful": False, "images": sent})

    serve(server, {("POST", "/images/files"): images})
    rome = {"shop": "Rome"}
    results = await workspace.images.add(
        PROJECT_ID,
        [
            NewImage("a.jpg", jpeg("red"), metadata=rome),
            NewImage("b.jpg", jpeg("blue")),
            NewImage("c.jpg", jpeg("green"), metadata=rome),
        ],
    )
    assert [str(one.status) for one in results] == [
        "ErrorLimitExceed",
        "ErrorSource",
        "ErrorLimitExceed",
    ]
    assert server.count("POST") == 2


@pytest.mark.parametrize(
    ("kept", "add", "methods"),
    [
        # What is new comes first: an image is never without a tag.
        ("Regular", "Regular", ["POST", "DELETE"]),
        # A negative tag is never beside another.
        ("Negative", "Regular", ["DELETE", "POST"]),
        ("Regular", "Negative", ["DELETE", "POST"]),
    ],
)
async def test_tag_takes_the_place_of_another_in_the_right_order(
    server: ScriptedServer, workspace: Workspace, kept: str, add: str, methods: list[str]
) -> None:
    image = {
        "id": str(OTHER_ID),
        "created": "2026-01-01T00:00:00.1234567",
        "width": 64,
        "height": 64,
        "tags": [{"tagId": str(TAG_ID), "tagName": "a", "created": "2026-01-01T00:00:00.000Z"}],
    }
    new = UUID(int=7)
    serve(
        server,
        {
            ("GET", "/tags"): [{**TAG, "type": kept}, {**TAG, "id": str(new), "type": add}],
            ("GET", "/images/id"): [image],
            ("POST", "/images/tags"): {"created": [], "duplicated": [], "exceeded": []},
            ("DELETE", "/images/tags"): Answer(204),
        },
    )
    await workspace.images.retag(PROJECT_ID, [OTHER_ID], add=[new])
    changes = [request for request in server.requests if request.method != "GET"]
    assert [request.method for request in changes] == methods


async def test_model_of_a_domain_that_is_not_compact_is_not_exported(
    server: ScriptedServer, vision: AzureVision
) -> None:
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration()],
            ("GET", "/performance"): {"perTagPerformance": [], "precision": 1, "recall": 1},
        },
    )
    found = await vision.workspace(None).iterations.get(PROJECT_ID, "latest")  # type: ignore[arg-type]
    with pytest.raises(NotSupported, match="compact"):
        await vision.reports.export(found)
    assert server.count("POST") == 0


# --- settings and secrets


def test_missing_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        AzureVision(make_settings(tmp_path, azure={"endpoint": "https://a"}))
    for name in ("TRAINING_KEY", "PREDICTION_KEY", "PREDICTION_RESOURCE_ID", "PROJECT"):
        assert f"CLASSIFR_AZURE__{name}" in caught.value.detail


@pytest.mark.parametrize("endpoint", ["a.cognitiveservices.azure.com", "ftp://a", "https://u@h"])
def test_endpoint_must_be_an_address(tmp_path: Path, endpoint: str) -> None:
    azure = {
        "endpoint": endpoint,
        "training_key": "a",
        "prediction_key": "b",
        "prediction_resource_id": "c",
        "project": "d",
    }
    with pytest.raises(SettingsInvalid, match="CLASSIFR_AZURE__ENDPOINT is no address"):
        AzureVision(make_settings(tmp_path, azure=azure))


async def test_keys_are_in_no_message_and_no_log(
    server: ScriptedServer, vision: AzureVision, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    serve(server, {("GET", "/iterations"): [iteration(publish_name="m")]})
    said = []
    alike = [(Answer(401, b""),) * 2, (Answer(500, b""),) * 2, (Answer(is_dropped=True),) * 2]
    # As some proxies do.
    repeating = [
        tuple(
            Answer(status, {"code": "Other", "message": f"Not with {key}."})
            for key in (PREDICTION_KEY, TRAINING_KEY)
        )
        for status in (400, 403)
    ]
    for predicting, training in (*alike, *repeating):
        serve(
            server,
            {
                ("GET", "/iterations"): [iteration(publish_name="m")],
                ("POST", "/nostore"): predicting,
                ("POST", "/projects"): training,
            },
        )
        for asking in (vision.classify(jpeg()), create(vision.workspace(None))):  # type: ignore[arg-type]
            with pytest.raises(ClassifrError) as caught:
                await asking
            said += [repr(caught.value), repr(caught.value.__cause__)]
    keys = {request.headers.get("prediction-key") for request in server.requests}
    assert PREDICTION_KEY in keys
    for text in (*said, caplog.text):
        assert "nobody-may-read" not in text


async def test_slow_answers_do_not_stop_the_loop(
    server: ScriptedServer, workspace: Workspace
) -> None:
    server.script = lambda _: Answer(200, [PROJECT], after_seconds=TIMEOUT_SECONDS / 2)
    asking = asyncio.create_task(workspace.projects.resolve("Dishes"))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5
