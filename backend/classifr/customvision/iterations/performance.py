"""How an iteration did: /projects/{projectId}/iterations/{iterationId}/performance."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import Addresses
from classifr.customvision.dependencies import FoundIteration
from classifr.customvision.images.queries import ManyTagIds, Order, TagIds
from classifr.customvision.iterations.performance_schemas import (
    IterationPerformance,
    to_image_performance,
    to_performance,
)
from classifr.customvision.wire import Skip, Take, list_response
from classifr.dependencies import VisionDep, WorkspaceDep
from classifr.kinds import ImageOrder

router = APIRouter(
    prefix="/projects/{project_id}/iterations/{iteration_id}/performance", route_class=KeyFirst
)

Share = Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)]


@router.get("")
async def get_iteration_performance(
    vision: VisionDep,
    iteration: FoundIteration,
    threshold: Share = 0.5,
    _: Annotated[float, Query(alias="overlapThreshold", ge=0, le=1)] = 0.0,
) -> IterationPerformance:
    """On its held-out images. Overlaps are a matter of object detection."""
    return to_performance(await vision.reports.report(iteration, threshold=threshold))


@router.get("/images")
async def get_image_performances(
    vision: VisionDep,
    workspace: WorkspaceDep,
    iteration: FoundIteration,
    addresses: Addresses,
    tag_ids: TagIds,
    order_by: Order = ImageOrder.NEWEST,
    take: Take = 50,
    skip: Skip = 0,
) -> Response:
    """The held-out images that are still there, with every tag's probability."""
    page = await vision.reports.image_performances(
        iteration, tag_ids=tag_ids, order=order_by, skip=skip, limit=take
    )
    ids = [image.image_id for image in page.images]
    values = {value.id: value for value in await workspace.images.by_ids(iteration.project_id, ids)}
    return list_response(
        to_image_performance(image, values[image.image_id], iteration.project_id, addresses)
        for image in page.images
        if image.image_id in values
    )


@router.get("/images/count")
async def get_image_performance_count(
    vision: VisionDep, iteration: FoundIteration, tag_ids: ManyTagIds
) -> int:
    """How many held-out images are still there."""
    page = await vision.reports.image_performances(iteration, tag_ids=tag_ids, limit=0)
    return page.count
