"""Several images in one call: each stands or falls alone."""

import asyncio
from collections.abc import Sequence

from classifr.database.models import User
from classifr.errors import ClassifrError
from classifr.openapi import ErrorRead
from classifr.predictions import service
from classifr.predictions.answers import as_read
from classifr.predictions.schemas import BatchItem
from classifr.predictions.uploads import UploadedImage
from classifr.state import State, engine_sessions
from classifr.vision.values import Target


async def predict_batch(
    state: State,
    *,
    user: User,
    images: Sequence[UploadedImage],
    store: bool,
    top: int | None,
    target: Target,
) -> list[BatchItem]:
    """One answer or error for each image, in their order."""
    # As many at a time as the engine has sessions, and one to keep it fed, so that a batch
    # does not fill the queue that single images wait in.
    places = asyncio.Semaphore(engine_sessions(state.settings) + 1)

    async def one(image: UploadedImage) -> BatchItem:
        try:
            async with places:
                answer = await service.predict(
                    state.database,
                    state.storage,
                    state.vision,
                    state.settings.upload,
                    user=user,
                    data=image.data,
                    store=store,
                    target=target,
                )
            return BatchItem(filename=image.filename, prediction=as_read(answer, top=top))
        except ClassifrError as error:
            return BatchItem(
                filename=image.filename, error=ErrorRead(error=error.code, detail=error.detail)
            )

    return await asyncio.gather(*(one(image) for image in images))
