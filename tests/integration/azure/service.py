"""What answers for Custom Vision in these tests, and what is asked of it again and again."""

import io
from uuid import UUID

from PIL import Image
from tests.scripted import Answer, Request, ScriptedServer

from classifr.kinds import ClassificationType
from classifr.vision.port import Workspace

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
        for (method, end), answer in [*changes.items(), *usual.items()]:
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
