"""Images in the body itself: the files of a form, or one file as it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from fastapi import Request

from classifr.customvision.bodies import FORM, media_type, unsupported
from classifr.customvision.images.spool import Spool, upload_folder
from classifr.errors import ImageMissing
from classifr.forms import read_form
from classifr.settings import Settings
from classifr.training.images.service import IncomingImage


@asynccontextmanager
async def read_images(
    request: Request, settings: Settings, tag_ids: tuple[UUID, ...]
) -> AsyncIterator[list[IncomingImage]]:
    """The images, which are there as long as the context is.

    Raises: as `read_form`; Refused for another kind of body.
    """
    kind = media_type(request.headers)
    if kind == FORM:
        async with read_form(
            request,
            field=None,
            at_most=settings.training.max_batch_images,
            spool_dir=upload_folder(settings),
        ) as form:
            yield [IncomingImage(file.name, file.size, tag_ids, file.read) for file in form.files]
    elif kind in ("", "application/octet-stream") or kind.startswith("image/"):
        with Spool(settings) as spool:
            async for chunk in request.stream():
                # Once it is too large, what follows changes nothing.
                if spool.end <= settings.training.max_image_bytes:
                    spool.write(chunk)
            if not spool.end:
                raise ImageMissing("The request has no body. Send the image.")
            whole = spool.whole()
            yield [IncomingImage("", whole.size, tag_ids, partial(spool.read, whole))]
    else:
        raise unsupported(kind)
