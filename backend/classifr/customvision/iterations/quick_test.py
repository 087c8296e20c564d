"""What an image shows, by an iteration that need not be published."""

from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from classifr.customvision.access import KeyFirst, TrainingKey
from classifr.customvision.addresses import Addresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundProject, IterationId, iteration_of
from classifr.customvision.errors import Refused
from classifr.customvision.fetching import fetch_image
from classifr.customvision.image_body import read_address, read_image
from classifr.customvision.predictions.schemas import image_prediction_json
from classifr.database.models import User
from classifr.dependencies import StateDep
from classifr.kinds import IterationStatus
from classifr.predictions.stored import service as stored
from classifr.predictions.stored.service import Keeping
from classifr.state import State
from classifr.vision.images import training_file_limits
from classifr.vision.port import Workspace
from classifr.vision.values import IterationValue, ProjectValue

router = APIRouter(prefix="/projects/{project_id}/quicktest", route_class=KeyFirst)


async def find_tried_iteration(
    state: StateDep,
    project: FoundProject,
    iteration_id: IterationId = None,
) -> IterationValue:
    """The iteration that is asked, or the default one.

    Raises: IterationNotFound; Refused if there is nothing to try.
    """
    if iteration_id is not None:
        return await iteration_of(state, project.id, iteration_id)
    async with state.database.transaction() as session:
        return await _default_iteration(state.vision.workspace(session), project.id)


TriedIteration = Annotated[IterationValue, Depends(find_tried_iteration)]


@router.post("/image")
async def quick_test_image(
    request: Request,
    state: StateDep,
    user: TrainingKey,
    project: FoundProject,
    iteration: TriedIteration,
    store: bool = True,
) -> Response:
    """Every tag's probability; with `store`, the image is kept with them."""
    image = await read_image(request)
    return await _classify(state, user, project, iteration, image, store=store)


@router.post("/url")
async def quick_test_image_url(
    request: Request,
    state: StateDep,
    user: TrainingKey,
    project: FoundProject,
    iteration: TriedIteration,
    addresses: Addresses,
    store: bool = True,
) -> Response:
    """As above, of an image that is fetched."""
    url, max_bytes = await read_address(request), state.settings.training.max_image_bytes
    image = await fetch_image(state, addresses, url, max_bytes=max_bytes)
    return await _classify(state, user, project, iteration, image, store=store)


async def _default_iteration(workspace: Workspace, project_id: UUID) -> IterationValue:
    """The one published last; if none is, the one trained last. Raises: Refused."""
    trained = [
        iteration
        for iteration in await workspace.iterations.list(project_id)
        if iteration.status == IterationStatus.COMPLETED
    ]
    published = [iteration for iteration in trained if iteration.published_name is not None]
    if published:
        return max(published, key=lambda iteration: iteration.published_at or iteration.created_at)
    if trained:
        return max(trained, key=lambda iteration: iteration.number)
    raise Refused(
        ErrorCode.NOT_FOUND_PROJECT_DEFAULT_ITERATION,
        "The project has no trained iteration. Train it first.",
        status=404,
    )


async def _classify(
    state: State,
    user: User,
    project: ProjectValue,
    iteration: IterationValue,
    image: bytes,
    *,
    store: bool,
) -> Response:
    period = timedelta(days=state.settings.retention.stored_prediction_days)
    answer = await stored.classify(
        state.database,
        state.storage,
        training_file_limits(state.settings),
        data=image,
        classify=partial(state.vision.try_iteration, project=project, iteration=iteration),
        keeping=Keeping(user, period) if store else None,
    )
    return Response(image_prediction_json(answer), media_type="application/json")
