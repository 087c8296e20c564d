"""Image files to classify, read only once the caller is known and allowed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from classifr.accounts.dependencies import CurrentUser
from classifr.dependencies import StateDep
from classifr.forms import file_name, read_form


@dataclass(frozen=True)
class UploadedImage:
    """One file of the form, whole in memory."""

    filename: str | None
    data: bytes


async def read_image(request: Request, _: CurrentUser) -> UploadedImage:
    """The one file in the field `image`.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    async with read_form(request, field="image", at_most=1) as form:
        return await _read(form.files[0])


async def read_images(
    request: Request, state: StateDep, _: CurrentUser
) -> AsyncIterator[list[UploadedImage]]:
    """Every file in the field `images`. Few requests at a time may hold that many.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    # Those that wait here have not been read, so they hold next to nothing.
    async with state.batches:
        at_most = state.settings.upload.max_batch_images
        async with read_form(request, field="images", at_most=at_most) as form:
            images = [await _read(file) for file in form.files]
        yield images


ImageUpload = Annotated[UploadedImage, Depends(read_image)]
ImageUploads = Annotated[list[UploadedImage], Depends(read_images, scope="function")]


async def _read(file: UploadFile) -> UploadedImage:
    image = UploadedImage(file_name(file), await file.read())
    await file.close()  # Now, so that a batch is not held in memory twice.
    return image
