"""Files out of multipart requests, and how the OpenAPI document shows such forms."""

import errno
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from classifr.errors import (
    FormUnreadable,
    ImageMissing,
    MultipartExpected,
    StorageFull,
    StorageUnavailable,
    TooManyImages,
)

# Parts of a form beside the files it may have: enough for the error to name what was sent.
_SPARE_PARTS = 8
_IN_MEMORY_BYTES = 256 * 1024
# Of a part that is no file, which is held in memory: it has room for any name or id.
_MOST_TEXT_BYTES = 4096


@dataclass(frozen=True)
class Form:
    """A form that was read; its files are closed with it."""

    files: list[UploadFile]
    data: FormData

    def texts(self, field: str) -> list[str]:
        """What was written in a field that may be there several times."""
        return [_clean(text) for text in self.data.getlist(field) if isinstance(text, str)]


@asynccontextmanager
async def read_form(
    request: Request,
    *,
    field: str | None,
    at_most: int,
    spare_parts: int = _SPARE_PARTS,
    spool_dir: Path | None = None,
) -> AsyncIterator[Form]:
    """The form with the files of one field.

    field: None takes every part for a file, whatever it is called, and whether it has a file name.
    spool_dir: where larger files wait on the disk; None keeps all in memory, which `BodyLimit`
    bounds.
    Raises: MultipartExpected, FormUnreadable, ImageMissing, TooManyImages, StorageFull,
    StorageUnavailable.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise MultipartExpected(
            f"Send multipart/form-data with a file field called `{field or 'image'}`; "
            f"this request is {content_type.split(';')[0] or 'without a content type'}."
        )
    parser = _Parser(
        request.headers,
        request.stream(),
        at_most=at_most,
        spare_parts=spare_parts,
        spool_dir=spool_dir,
        is_all_files=field is None,
    )
    data = await _parse(parser)
    try:
        files = [
            file
            for name, file in data.multi_items()
            if isinstance(file, UploadFile) and field in (None, name)
        ]
        if not files:
            sent = (
                ", ".join(sorted(f"`{name}`" for name in data if name.isprintable())) or "no field"
            )
            raise ImageMissing(
                f"The form has no file in a field called `{field or 'image'}`; it has {sent}."
            )
        if len(files) > at_most:
            raise TooManyImages(f"The form has {len(files)} files; send {at_most} at most.")
        yield Form(files, data)
    finally:
        await data.close()


def file_name(file: UploadFile) -> str | None:
    """What the file is called, in letters that can go back in JSON."""
    return file.filename and _clean(file.filename)


def multipart_docs(
    field: str,
    *,
    is_list: bool,
    description: str = "JPEG, PNG, BMP, GIF or WebP",
    **others: dict[str, object],
) -> dict[str, object]:
    """The OpenAPI request body of a route that reads its own form. others: its other fields."""
    file = {"type": "string", "format": "binary", "description": description}
    schema = {
        "type": "object",
        "required": [field],
        "properties": {field: {"type": "array", "items": file} if is_list else file, **others},
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


def _clean(text: str) -> str:
    """Without what only the encoding that the form claims can spell."""
    return text.encode("utf-8", "replace").decode()


async def _parse(parser: "_Parser") -> FormData:
    async with aclosing(parser.stream):
        try:
            return await parser.parse_to_end()
        except MultiPartException as error:
            raise FormUnreadable(
                f"The form is damaged: {error.message.rstrip('.')}. Send it again."
            ) from error
        except (UnicodeError, LookupError) as error:
            raise FormUnreadable(
                "The form names an encoding it does not keep to. Use UTF-8."
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull from error
            raise StorageUnavailable from error


class _Parser(MultiPartParser):
    """Counts the parts, and keeps files where it is told to."""

    spool_max_size = 0  # No size moves a file to the system's temporary folder.

    def __init__(
        self,
        headers: Headers,
        stream: AsyncGenerator[bytes, None],
        *,
        at_most: int,
        spare_parts: int,
        spool_dir: Path | None,
        is_all_files: bool,
    ) -> None:
        super().__init__(headers, stream, max_part_size=_MOST_TEXT_BYTES)
        self._at_most = at_most
        self._most_parts = at_most + spare_parts
        self._spool_dir = spool_dir
        self._is_all_files = is_all_files
        self._parts = 0
        self._has_ended = False

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._most_parts:
            raise TooManyImages(
                f"The form has more than {self._most_parts} parts; "
                f"send {self._at_most} file(s) at most."
            )
        super().on_part_begin()

    def on_headers_finished(self) -> None:
        place = self._current_part.content_disposition
        if self._is_all_files and place and b"filename" not in parse_options_header(place)[1]:
            self._current_part.content_disposition = place + b'; filename=""'
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is not None and self._spool_dir is not None:
            spooled = SpooledTemporaryFile(  # noqa: SIM115
                max_size=_IN_MEMORY_BYTES, dir=str(self._spool_dir)
            )
            self._files_to_close_on_error.append(spooled)
            upload.file.close()
            upload.file = spooled  # type: ignore[assignment]

    def on_end(self) -> None:
        self._has_ended = True

    async def parse_to_end(self) -> FormData:
        """As `parse`, which takes the end of the body for that of the form."""
        data = await self.parse()
        if not self._has_ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("it ends before its closing boundary")
        return data
