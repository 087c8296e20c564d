"""The images of kept predictions, at addresses that need no key."""

from uuid import UUID

from fastapi import APIRouter, Response

from classifr.accounts.dependencies import Anyone
from classifr.customvision.addresses import FILES, READ, Signed
from classifr.customvision.renditions import Size, show
from classifr.dependencies import StateDep
from classifr.predictions.stored import service as stored
from classifr.state import State

#: Where they are below FILES.
PREDICTION_FILES = "predictions"

router = APIRouter(prefix=f"{FILES}/{PREDICTION_FILES}", dependencies=[Anyone, Signed])


@router.api_route("/{prediction_id}/{size}", methods=READ)
async def get_prediction_file(state: StateDep, prediction_id: UUID, size: Size) -> Response:
    """The image of a prediction. Raises: ImageGone."""
    return await show_prediction(state, prediction_id, size)


async def show_prediction(state: State, prediction_id: UUID, size: Size) -> Response:
    """The answer with the image of a prediction. Raises: ImageGone."""
    data = await stored.load_image(state.database, state.storage, prediction_id)
    return await show(state, data, size)
