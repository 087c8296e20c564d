"""Files out of multipart requests, and how the OpenAPI document shows such forms.

python-multipart finds the parts. Starlette's form around it makes a temporary file of each image,
and asks it a dozen times where it is: that takes as long again.
"""

import codecs
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, TypeVar, cast

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from classifr.disk import disk_error
from classifr.errors import (
    FormUnreadable,
    ImageMissing,
    MultipartExpected,
    TooManyImages,
)

T = TypeVar("T")

# Parts of a form beside the files it may have: enough for the error to name what was sent.
_SPARE_PARTS = 8
_IN_MEMORY_BYTES = 256 * 1024
# Of a part that is no file, which is held in memory: it has room for any name or id.
_MOST_TEXT_BYTES = 4096


class FormFile:
    """A file of a form, in memory; with a folder to wait in, a large one is on the disk."""

    def __init__(self, name: str, spool_dir: Path | None) -> None:
        """name: what it is called, as sent."""
        self.name = _clean(name)
        self.size = 0  #: Bytes.
        self.file: BinaryIO = BytesIO()  #: At its start, once it is complete.
        self._can_move = spool_dir is not None
        if spool_dir is not None:
            spooled = SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(spool_dir))  # noqa: SIM115
            self.file = cast(BinaryIO, spooled)

    async def append(self, data: bytes) -> None:
        self.size += len(data)
        await self._do(self.file.write, data)

    async def complete(self) -> None:
        """Nothing follows. What was held back goes to the disk now, where it may find no room."""
        await self._do(self.file.seek, 0)

    async def read(self) -> bytes:
        """All of it, once."""
        return await self._do(self.file.read)

    async def close(self) -> None:
        """Let go of it. May be called twice."""
        # What was held back when the disk was full is written again here, and fails again.
        with suppress(OSError):
            await self._do(self.file.close)

    async def _do(self, work: Callable[..., T], *arguments: object) -> T:
        if self._can_move and self.size > _IN_MEMORY_BYTES:
            return await run_in_threadpool(work, *arguments)
        return work(*arguments)


@dataclass(frozen=True)
class Form:
    """A form that was read; its files are closed with it."""

    files: list[FormFile]
    _texts: list[tuple[str, str]]

    def texts(self, field: str) -> list[str]:
        """What was written in a field that may be there several times."""
        return [_clean(text) for name, text in self._texts if name == field]


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
    parts = _Parts(
        at_most=at_most, spare_parts=spare_parts, spool_dir=spool_dir, is_all_files=field is None
    )
    try:
        await _parse(request, content_type, parts)
        files = [file for name, file in parts.files if field in (None, name)]
        if not files:
            names = {name for name, _ in (*parts.files, *parts.texts) if name.isprintable()}
            sent = ", ".join(sorted(f"`{name}`" for name in names)) or "no field"
            raise ImageMissing(
                f"The form has no file in a field called `{field or 'image'}`; it has {sent}."
            )
        if len(files) > at_most:
            raise TooManyImages(f"The form has {len(files)} files; send {at_most} at most.")
        yield Form(files, parts.texts)
    finally:
        for _, file in parts.files:
            await file.close()


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


async def _parse(request: Request, content_type: str, parts: "_Parts") -> None:
    """Read the whole body. Raises: FormUnreadable, StorageFull, StorageUnavailable."""
    _, options = parse_options_header(content_type)
    if b"boundary" not in options:
        raise _damaged("its boundary is missing")
    parts.charset = _known_charset(options.get(b"charset", b"utf-8"))
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.add_to_header_name,
                "on_header_value": parts.add_to_header,
                "on_header_end": parts.end_header,
                "on_headers_finished": parts.end_headers,
                "on_part_data": parts.add,
                "on_part_end": parts.end,
                "on_end": parts.end_form,
            },
        )
        async with aclosing(request.stream()) as stream:
            async for chunk in stream:
                parser.write(chunk)
                await parts.write()
        parser.finalize()
        for _, file in parts.files:
            await file.complete()
    except FormParserError as error:
        raise _damaged("it is no multipart data") from error
    except (UnicodeError, LookupError) as error:
        raise FormUnreadable(
            "The form names an encoding it does not keep to. Use UTF-8."
        ) from error
    except OSError as error:
        raise disk_error(error) from error
    if not parts.has_ended:
        raise _damaged("it ends before its closing boundary")


def _known_charset(name: bytes) -> str:
    try:
        return codecs.lookup(name.decode("latin-1")).name
    except (LookupError, ValueError):
        return "latin-1"


def _damaged(how: str) -> FormUnreadable:
    return FormUnreadable(f"The form is damaged: {how}. Send it again.")


@dataclass
class _Parts:
    """Puts together and counts what the parser finds, piece by piece."""

    at_most: int
    spare_parts: int
    spool_dir: Path | None
    is_all_files: bool
    charset: str = "utf-8"
    files: list[tuple[str, FormFile]] = field(default_factory=list)
    """By field; so are `texts`."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    has_ended: bool = False
    _begun: int = 0
    _header_name: bytes = b""
    _header: bytes = b""
    _disposition: bytes = b""
    _field: str = ""
    _file: FormFile | None = None
    """What the present part is; None: a text."""
    _text: bytes = b""
    _unwritten: list[tuple[FormFile, bytes]] = field(default_factory=list)

    def begin(self) -> None:
        self._begun += 1
        most = self.at_most + self.spare_parts
        if self._begun > most:
            raise TooManyImages(
                f"The form has more than {most} parts; send {self.at_most} file(s) at most."
            )
        self._disposition = self._text = b""

    def add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header
        self._header_name = self._header = b""

    def end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise _damaged('the Content-Disposition of a part has no "name"')
        self._field = self._decode(options[b"name"])
        self._file = None
        if self.is_all_files or b"filename" in options:
            self._file = FormFile(self._decode(options.get(b"filename", b"")), self.spool_dir)
            self.files.append((self._field, self._file))

    def add(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._unwritten.append((self._file, data[start:end]))
            return
        self._text += data[start:end]
        if len(self._text) > _MOST_TEXT_BYTES:
            raise _damaged(f"a field that is no file has more than {_MOST_TEXT_BYTES:,} bytes")

    def end(self) -> None:
        if self._file is None:
            self.texts.append((self._field, self._decode(self._text)))

    def end_form(self) -> None:
        self.has_ended = True

    async def write(self) -> None:
        """Give the files what was found of them; the parser cannot wait for the disk."""
        for file, data in self._unwritten:
            await file.append(data)
        self._unwritten.clear()

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.decode(self.charset)
        except (UnicodeDecodeError, LookupError):
            return raw.decode("latin-1")
