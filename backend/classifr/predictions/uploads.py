"""Image files out of a multipart request, read only once the caller is known and allowed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from classifr.accounts.dependencies import CurrentUser
from classifr.dependencies import SettingsDep
from classifr.errors import ImageMissing, MultipartExpected, TooManyImages


@dataclass(frozen=True)
class UploadedImage:
    """One file of the form, whole in memory."""

    filename: str | None
    data: bytes


async def read_image(request: Request, _: CurrentUser) -> UploadedImage:
    """The one file in the field `image`.

    Raises: MultipartExpected, ImageMissing, TooManyImages.
    """
    async with _files(request, field="image", at_most=1) as files:
        return await _read(files[0])


async def read_images(
    request: Request, settings: SettingsDep, _: CurrentUser
) -> list[UploadedImage]:
    """Every file in the field `images`.

    Raises: MultipartExpected, ImageMissing, TooManyImages.
    """
    at_most = settings.upload.max_batch_images
    async with _files(request, field="images", at_most=at_most) as files:
        return [await _read(file) for file in files]


ImageUpload = Annotated[UploadedImage, Depends(read_image)]
ImageUploads = Annotated[list[UploadedImage], Depends(read_images)]


def multipart_docs(field: str, *, is_list: bool) -> dict[str, Any]:
    """The OpenAPI request body of a route that reads its own form."""
    file = {"type": "string", "format": "binary", "description": "JPEG, PNG, BMP, GIF or WebP"}
    schema = {
        "type": "object",
        "required": [field],
        "properties": {field: {"type": "array", "items": file} if is_list else file},
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


@asynccontextmanager
async def _files(request: Request, *, field: str, at_most: int) -> AsyncIterator[list[UploadFile]]:
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise MultipartExpected(
            f"Send multipart/form-data with a file field called `{field}`; "
            f"this request is {content_type.split(';')[0] or 'without a content type'}."
        )
    try:
        # Two more than allowed, so that the error below can say which field was sent.
        form = await request.form(max_files=at_most + 2, max_fields=8)
    except HTTPException as error:
        raise TooManyImages(
            f"The form cannot be read: {error.detail}. Send {at_most} file(s) at most."
        ) from error
    try:
        files = [file for file in form.getlist(field) if isinstance(file, UploadFile)]
        if not files:
            sent = ", ".join(sorted(f"`{name}`" for name in form)) or "no field"
            raise ImageMissing(f"The form has no file in a field called `{field}`; it has {sent}.")
        if len(files) > at_most:
            raise TooManyImages(f"The form has {len(files)} files; send {at_most} at most.")
        yield files
    finally:
        await form.close()


async def _read(file: UploadFile) -> UploadedImage:
    return UploadedImage(file.filename, await file.read())
