"""What Custom Vision refuses, in words of ours."""

import io

import pytest
from PIL import Image
from tests.integration.azure.service import (
    DOMAINS,
    OTHER_ID,
    PROJECT,
    PROJECT_ID,
    TAG,
    create,
    iteration,
    jpeg,
    serve,
)
from tests.scripted import Answer, ScriptedServer

from classifr.errors import (
    ClassifrError,
    EngineRefused,
    EngineRetired,
    ImageFormatUnsupported,
    ImageTooLarge,
    IterationNotTrained,
    LimitReached,
    NotPublished,
    ProjectNameTaken,
    ProjectNotFound,
    TagNameTaken,
    TooFewImages,
    TrainingNotNeeded,
)
from classifr.kinds import ClassificationType, TagType, TrainingType
from classifr.vision.azure.vision import AzureVision
from classifr.vision.port import Workspace


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
