"""What only projects that detect objects can do. There are none here: each says so."""

from uuid import UUID

from fastapi import APIRouter, Depends

from classifr.customvision.access import KeyFirst, PredictionKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import find_project
from classifr.customvision.errors import Refused
from classifr.customvision.paths import PublishedName
from classifr.customvision.predictions.classification import find_target
from classifr.dependencies import VisionDep


async def require_published(
    _: PredictionKey, vision: VisionDep, project_id: UUID, published_name: PublishedName
) -> None:
    """Raises: ProjectNotFound, NotPublished."""
    await vision.tags(find_target(project_id, published_name))


training = APIRouter(
    prefix="/projects/{project_id}", route_class=KeyFirst, dependencies=[Depends(find_project)]
)
prediction = APIRouter(
    prefix="/{project_id}/detect/iterations/{published_name}",
    route_class=KeyFirst,
    dependencies=[Depends(require_published)],
)


@training.post("/images/{image_id}/regionproposals")
async def get_image_region_proposals(image_id: UUID) -> None:
    """Where objects might be."""
    raise _refusal()


@training.post("/images/regions")
async def create_image_regions() -> None:
    """Where objects are."""
    raise _refusal()


@training.delete("/images/regions")
async def delete_image_regions() -> None:
    """Where objects are not, after all."""
    raise _refusal()


@prediction.post("/image")
@prediction.post("/image/nostore")
@prediction.post("/url")
@prediction.post("/url/nostore")
async def detect() -> None:
    """Which objects there are, and where."""
    raise _refusal()


def _refusal() -> Refused:
    return Refused(
        ErrorCode.NOT_SUPPORTED,
        "This is for object detection, and the project is for classification.",
    )
