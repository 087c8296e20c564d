"""The images of kept predictions, at addresses that need no key."""

from enum import StrEnum
from uuid import UUID

import anyio
from fastapi import APIRouter, Response

from classifr.accounts.dependencies import Anyone
from classifr.customvision.addresses import FILES, Signed
from classifr.dependencies import StateDep
from classifr.predictions.stored import service as stored
from classifr.vision.images import media_type, render_jpeg

#: Where they are below FILES.
PREDICTION_FILES = "predictions"

router = APIRouter(prefix=f"{FILES}/{PREDICTION_FILES}", dependencies=[Anyone, Signed])

_CACHED = {"Cache-Control": "private, max-age=3600"}


class Size(StrEnum):
    """How an image is shown."""

    ORIGINAL = "original"  #: The file as it came.
    RESIZED = "resized"
    THUMBNAIL = "thumbnail"


_LONGEST_SIDES = {Size.RESIZED: 1024, Size.THUMBNAIL: 256}


@router.get("/{prediction_id}/{size}")
async def get_prediction_file(state: StateDep, prediction_id: UUID, size: Size) -> Response:
    """The image of a prediction. Raises: ImageGone."""
    data = await stored.load_image(state.database, state.storage, prediction_id)
    if size is Size.ORIGINAL:
        return Response(data, media_type=media_type(data), headers=_CACHED)
    jpeg = await anyio.to_thread.run_sync(
        render_jpeg, data, _LONGEST_SIDES[size], limiter=state.render_limiter
    )
    return Response(jpeg, media_type="image/jpeg", headers=_CACHED)
