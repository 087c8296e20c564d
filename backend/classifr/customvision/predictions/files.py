"""The images of kept predictions, at addresses that need no key."""

from uuid import UUID

from fastapi import APIRouter, Response

from classifr.accounts.dependencies import Anyone
from classifr.customvision.addresses import FILES, READ, Signed
from classifr.customvision.renditions import Size, show
from classifr.dependencies import StateDep
from classifr.predictions.stored import service as stored

#: Where they are below FILES.
PREDICTION_FILES = "predictions"

router = APIRouter(prefix=f"{FILES}/{PREDICTION_FILES}", dependencies=[Anyone, Signed])


@router.api_route("/{prediction_id}/{size}", methods=READ)
async def get_prediction_file(state: StateDep, prediction_id: UUID, size: Size) -> Response:
    """The image of a prediction. Raises: ImageGone."""
    data = await stored.load_image(state.database, state.storage, prediction_id)
    return await show(state, data, size)
