"""Where the images of a batch come from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote, urlsplit
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from classifr.concurrency import for_each
from classifr.customvision.addresses import FileAddresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.fetching import fetch_image
from classifr.customvision.images.base64_text import Base64Text
from classifr.customvision.images.json_texts import JsonTexts
from classifr.customvision.images.schemas import Batch, FileEntry, UrlEntry
from classifr.customvision.images.spool import Piece, Spool
from classifr.errors import (
    ClassifrError,
    ImageAddressRefused,
    ImageAddressUnreachable,
    ImageTooLarge,
    Overloaded,
)
from classifr.settings import Settings, TrainingSettings
from classifr.state import State
from classifr.vision.values import ImageStatus

#: Of one request; the whole process has a bound of its own.
_FETCHED_AT_ONCE = 8
# Clients give up after 100 seconds, and what they are not told they send again.
_FETCH_SECONDS = 80
_STATUS_OF: dict[type[ClassifrError], ImageStatus] = {
    ImageAddressRefused: ImageStatus.SOURCE,
    ImageAddressUnreachable: ImageStatus.SOURCE,
    ImageTooLarge: ImageStatus.SIZE,
    Overloaded: ImageStatus.SOURCE,
}


@dataclass(frozen=True)
class Source:
    """An image of a batch, or why there is none."""

    url: str  #: What the answer calls it.
    name: str  #: What people see as its file's name.
    tag_ids: tuple[UUID, ...]
    image: Piece | ImageStatus


FileBatch = tuple[Batch[FileEntry], list[Source]]


class _DecodedTexts:
    """The texts of a batch: the long ones decoded into the spool while they arrive."""

    def __init__(self, spool: Spool, limits: TrainingSettings) -> None:
        self._spool = spool
        self._max_bytes = limits.max_image_bytes
        self._images: list[Base64Text] = []
        self.texts = JsonTexts(self._begin, at_most=limits.max_batch_images)

    def image_of(self, entry: FileEntry) -> Piece | ImageStatus:
        contents = entry.contents or ""
        number = self.texts.number(contents)
        if number is None:
            number = len(self._images)
            text = self._begin()
            text.write(contents.encode("utf-8", "replace"))
            text.close()
        image = self._images[number]
        if not image.size or not image.is_valid:
            return ImageStatus.FORMAT
        return image.piece or ImageStatus.SIZE

    def name_of(self, entry: FileEntry) -> str:
        name = entry.name or ""
        return "" if self.texts.number(name) is not None else _clean(name)

    def _begin(self) -> Base64Text:
        self._images.append(Base64Text(self._spool, max_bytes=self._max_bytes))
        return self._images[-1]


async def read_files(request: Request, spool: Spool, settings: Settings) -> FileBatch:
    """A batch of images in base64, decoded while it arrives.

    Raises: BadRequest, TooManyImages, RequestTooLarge; RequestValidationError if the JSON is no
    such batch.
    """
    decoded = _DecodedTexts(spool, settings.training)
    async for chunk in request.stream():
        decoded.texts.feed(chunk)
    batch = _validate(decoded.texts.finish())
    _refuse_long(decoded.texts, batch.metadata or {})
    return batch, [
        Source(name := decoded.name_of(entry), name, batch.tags_of(entry), decoded.image_of(entry))
        for entry in batch.images or ()
    ]


async def fetch_urls(
    batch: Batch[UrlEntry], spool: Spool, state: State, addresses: FileAddresses
) -> list[Source]:
    """The images at the addresses of a batch, several fetched at a time.

    Raises: StorageFull, StorageUnavailable.
    """
    max_bytes = state.settings.training.max_image_bytes

    async def fetch(entry: UrlEntry) -> bytes:
        return await fetch_image(state, addresses, entry.url.strip(), max_bytes=max_bytes)

    entries = batch.images or []
    images = await _gather([partial(fetch, entry) for entry in entries], spool)
    return [
        Source(_clean(entry.url), _file_name(entry.url), batch.tags_of(entry), image)
        for entry, image in zip(entries, images, strict=True)
    ]


async def _gather(
    reads: Sequence[Callable[[], Awaitable[bytes]]], spool: Spool
) -> Sequence[Piece | ImageStatus]:
    """What is read, as far as it is there in time. Raises: StorageFull, StorageUnavailable."""
    found: list[Piece | ImageStatus] = [ImageStatus.SOURCE] * len(reads)

    async def read_one(number: int) -> None:
        try:
            found[number] = spool.add(await reads[number]())
        except tuple(_STATUS_OF) as error:
            found[number] = _STATUS_OF[type(error)]

    with suppress(TimeoutError):
        async with asyncio.timeout(_FETCH_SECONDS):
            await for_each(range(len(reads)), read_one, at_once=_FETCHED_AT_ONCE)
    return found


def _refuse_long(texts: JsonTexts, metadata: Mapping[str, str]) -> None:
    """Raises: Refused for a long text, which was taken out like an image's."""
    for key, value in metadata.items():
        if texts.number(key) is not None:
            raise Refused(ErrorCode.IMAGE_METADATA_KEY, "A key of metadata is too long.")
        if texts.number(value) is not None:
            raise Refused(ErrorCode.IMAGE_METADATA_VALUE, "A value of metadata is too long.")


def _validate(value: object) -> Batch[FileEntry]:
    try:
        return Batch[FileEntry].model_validate(value)
    except ValidationError as error:
        # As if FastAPI had read the body.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**problem, "loc": ("body", *problem["loc"])} for problem in problems]
        ) from error


def _file_name(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return _clean(unquote(path.rpartition("/")[2]))


def _clean(text: str) -> str:
    """Without what UTF-8 cannot spell, which JSON can."""
    return text.encode("utf-8", "replace").decode()
