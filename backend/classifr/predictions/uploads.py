"""Image files out of a multipart request, read only once the caller is known and allowed."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from classifr.accounts.dependencies import CurrentUser
from classifr.dependencies import StateDep
from classifr.errors import (
    FormUnreadable,
    ImageMissing,
    MultipartExpected,
    TooManyImages,
)

# Parts of a form beside the images it may have: enough for the error to name what was sent.
_SPARE_PARTS = 8


@dataclass(frozen=True)
class UploadedImage:
    """One file of the form, whole in memory."""

    filename: str | None
    data: bytes


async def read_image(request: Request, _: CurrentUser) -> UploadedImage:
    """The one file in the field `image`.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    async with _files(request, field="image", at_most=1) as files:
        return await _read(files[0])


async def read_images(
    request: Request, state: StateDep, _: CurrentUser
) -> AsyncIterator[list[UploadedImage]]:
    """Every file in the field `images`. Few requests at a time may hold that many.

    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages.
    """
    # Those that wait here have not been read, so they hold next to nothing.
    async with state.batches:
        at_most = state.settings.upload.max_batch_images
        async with _files(request, field="images", at_most=at_most) as files:
            images = [await _read(file) for file in files]
        yield images


ImageUpload = Annotated[UploadedImage, Depends(read_image)]
ImageUploads = Annotated[list[UploadedImage], Depends(read_images, scope="function")]


def multipart_docs(field: str, *, is_list: bool) -> dict[str, object]:
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
        form = await _parse(request, at_most=at_most)
    except (UnicodeError, LookupError) as error:
        raise FormUnreadable(
            "The form names an encoding it does not keep to. Use UTF-8."
        ) from error
    try:
        files = [file for file in form.getlist(field) if isinstance(file, UploadFile)]
        if not files:
            sent = (
                ", ".join(sorted(f"`{name}`" for name in form if name.isprintable())) or "no field"
            )
            raise ImageMissing(f"The form has no file in a field called `{field}`; it has {sent}.")
        if len(files) > at_most:
            raise TooManyImages(f"The form has {len(files)} files; send {at_most} at most.")
        yield files
    finally:
        await form.close()


async def _parse(request: Request, *, at_most: int) -> FormData:
    parser = _InMemoryParser(request.headers, request.stream(), at_most=at_most)
    async with aclosing(parser.stream):
        try:
            return await parser.parse()
        except MultiPartException as error:
            raise FormUnreadable(
                f"The form is damaged: {error.message.rstrip('.')}. Send it again."
            ) from error


class _InMemoryParser(MultiPartParser):
    """Counts the parts, and writes nothing to disk: `BodyLimit` bounds what a form weighs."""

    spool_max_size = 0  # No size moves a file to the temporary folder, which may be full.

    def __init__(
        self, headers: Headers, stream: AsyncGenerator[bytes, None], *, at_most: int
    ) -> None:
        super().__init__(headers, self._until_end(stream))
        self._at_most = at_most
        self._parts = 0
        self._has_ended = False

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._at_most + _SPARE_PARTS:
            raise TooManyImages(
                f"The form has more than {self._at_most + _SPARE_PARTS} parts; "
                f"send {self._at_most} file(s) at most."
            )
        super().on_part_begin()

    def on_end(self) -> None:
        self._has_ended = True

    async def _until_end(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async with aclosing(stream):
            async for chunk in stream:
                yield chunk
        if not self._has_ended:
            # From within the stream, so that `parse` closes the files it opened.
            raise MultiPartException("it ends before its closing boundary")


async def _read(file: UploadFile) -> UploadedImage:
    # The name comes in whatever encoding the form claims; it goes back in JSON.
    name = file.filename and file.filename.encode("utf-8", "replace").decode()
    image = UploadedImage(name, await file.read())
    await file.close()  # Now, so that a batch is not held in memory twice.
    return image
