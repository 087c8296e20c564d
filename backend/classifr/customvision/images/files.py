"""The files of training images, at addresses that need no key."""

from uuid import UUID

from fastapi import APIRouter, Response

from classifr.accounts.dependencies import Anyone
from classifr.customvision.addresses import FILES, READ, Signed
from classifr.customvision.images.shown import IMAGE_FILES
from classifr.customvision.renditions import Size, show
from classifr.dependencies import StateDep
from classifr.state import State

router = APIRouter(prefix=f"{FILES}/{IMAGE_FILES}", dependencies=[Anyone, Signed])


@router.api_route("/{project_id}/{image_id}/{size}", methods=READ)
async def get_image_file(state: StateDep, project_id: UUID, image_id: UUID, size: Size) -> Response:
    """A training image, as long as it is there. Raises: TrainingImageNotFound, ImageGone."""
    return await show_image(state, project_id, image_id, size)


async def show_image(state: State, project_id: UUID, image_id: UUID, size: Size) -> Response:
    """The answer with a training image. Raises: TrainingImageNotFound, ImageGone."""
    async with state.database.lone_statement() as session:
        file = await state.vision.workspace(session).images.find_file(project_id, image_id)
    return await show(state, await file.read(), size)
