"""Image files to classify.

A route reads them itself, where the caller is known and allowed. As a dependency that comes after
the caller's, it would have FastAPI go through all of the caller's a second time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from classifr.forms import FormFile, read_form
from classifr.state import State


@dataclass(frozen=True)
class UploadedImage:
    """One file of the form, whole in memory."""

    filename: str
    data: bytes


async def read_image(request: Request) -> UploadedImage:
    """The one file in the field `image`.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    async with read_form(request, field="image", at_most=1) as form:
        return await _read(form.files[0])


@asynccontextmanager
async def read_images(request: Request, state: State) -> AsyncIterator[list[UploadedImage]]:
    """Every file in the field `images`. Few requests at a time may hold that many.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    # Those that wait here have not been read, so they hold next to nothing.
    async with state.batches:
        at_most = state.settings.upload.max_batch_images
        async with read_form(request, field="images", at_most=at_most) as form:
            images = [await _read(file) for file in form.files]
        yield images


async def _read(file: FormFile) -> UploadedImage:
    image = UploadedImage(file.name, await file.read())
    await file.close()  # Now, so that a batch is not held in memory twice.
    return image
