"""Image files into a project of Custom Vision."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.errors import ImageFormatUnsupported
from classifr.kinds import TagType
from classifr.settings import Settings, UploadSettings
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_FILES, MOST_TAGS, batches
from classifr.vision.azure.client.wire import to_image
from classifr.vision.azure.images.by_ids import images_by_ids
from classifr.vision.azure.images.files import ImageFiles
from classifr.vision.azure.images.tagging import Tagging
from classifr.vision.images import check_decodes, inspect_image, training_file_limits
from classifr.vision.refusals import NEGATIVE_AND_REGULAR, STATUS_OF_FAULT, UNKNOWN_TAG
from classifr.vision.values import ImageFacts, ImageResult, ImageStatus, ImageValue, NewImage

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import (
        CustomVisionTrainingClient,
        models,
    )

#: What Custom Vision reads; our own engine reads WebP as well.
FORMATS = ("JPEG", "PNG", "BMP", "GIF")

_DETAILS = {
    ImageStatus.FORMAT: "Custom Vision cannot read this image. Save it again as JPEG or PNG.",
    ImageStatus.SIZE: "The image file is larger than Custom Vision takes. Send it smaller.",
    ImageStatus.DIMENSIONS: "The image is too large or too narrow for Custom Vision.",
    ImageStatus.STORAGE: "Custom Vision could not store this image. Send it again.",
    ImageStatus.LIMIT: "The project is full. Delete images first.",
    ImageStatus.TAG_LIMIT: "The image would have more tags than Custom Vision takes.",
    ImageStatus.TAG: UNKNOWN_TAG,
    ImageStatus.NEGATIVE_AND_REGULAR: NEGATIVE_AND_REGULAR,
    ImageStatus.SOURCE: "Custom Vision could not read this image. Send it again.",
}
_ADDED = (ImageStatus.OK, ImageStatus.DUPLICATE)


@dataclass(frozen=True)
class Sent:
    """What Custom Vision said of one image."""

    status: ImageStatus
    image: ImageValue | None


class Addition:
    """Checks images here, then sends them in as few requests as Custom Vision takes."""

    def __init__(
        self,
        training: TrainingConnection,
        tagging: Tagging,
        files: ImageFiles,
        settings: Settings,
    ) -> None:
        self._training = training
        self._tagging = tagging
        self._files = files
        self._limits = settings.training
        self._file_limits = training_file_limits(settings)

    async def add(
        self, project_id: UUID, images: Sequence[NewImage], *, has_one_tag: bool
    ) -> Sequence[ImageResult]:
        """What became of each, in their order. has_one_tag: a new tag replaces the one before."""
        types = await self._tagging.types(project_id) if images else {}
        refusals = await asyncio.to_thread(
            lambda: [self._refusal(image, types, has_one_tag=has_one_tag) for image in images]
        )
        sendable = [image for image, refusal in zip(images, refusals, strict=True) if not refusal]
        sent = await self._send_all(project_id, sendable)
        if has_one_tag:
            sent = await self._with_one_tag(project_id, sendable, sent)
        results = iter(map(_result, sendable, sent))
        return [refusal or next(results) for refusal in refusals]

    async def _send_all(self, project_id: UUID, images: Sequence[NewImage]) -> list[Sent]:
        """In their order. A request has one metadata for all of its images."""
        places: dict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
        for place, image in enumerate(images):
            places[tuple(sorted(image.metadata.items()))].append(place)
        sent: dict[int, Sent] = {}
        for same in places.values():
            for part in batches(same, MOST_FILES):
                answers = await self._send(project_id, [images[place] for place in part])
                sent |= zip(part, answers, strict=True)
        return [sent[place] for place in range(len(images))]

    async def _send(self, project_id: UUID, images: Sequence[NewImage]) -> Sequence[Sent]:
        sending = _Sending(project_id, images)
        try:
            # Sent again by whoever asked, they are known by their bytes: none comes in twice.
            results = await self._training.change(sending)
        except tuple(STATUS_OF_FAULT) as error:
            if len(images) == 1:
                return [Sent(STATUS_OF_FAULT[type(error)], None)]
            # Custom Vision refuses a request whole if no image of it is good.
            return [one for image in images for one in await self._send(project_id, [image])]
        self._files.remember([result.image for result in results if result.image])
        return [_sent(result) for result in results]

    async def _with_one_tag(
        self, project_id: UUID, images: Sequence[NewImage], sent: Sequence[Sent]
    ) -> list[Sent]:
        """Take the tags off that images had before, where they got another."""
        again = {
            one.image.id: new.tag_ids[0]
            for new, one in zip(images, sent, strict=True)
            if one.status == ImageStatus.DUPLICATE and one.image is not None and new.tag_ids
        }
        if not again:
            return [*sent]
        now = {image.id: image for image in await self._read(project_id, [*again])}
        gone = {
            image.id: {tag.id for tag in image.tags} - {again[image.id]} for image in now.values()
        }
        if any(gone.values()):
            await self._tagging.take(project_id, gone)
            now = {image.id: image for image in await self._read(project_id, [*again])}
        return [
            Sent(one.status, now.get(one.image.id, one.image)) if one.image else one for one in sent
        ]

    async def _read(self, project_id: UUID, image_ids: Sequence[UUID]) -> Sequence[ImageValue]:
        return await images_by_ids(self._training, project_id, image_ids, to_image)

    def _refusal(
        self, image: NewImage, types: Mapping[UUID, TagType], *, has_one_tag: bool
    ) -> ImageResult | None:
        """Why an image is not sent; None if it is."""
        try:
            check_file(image.data, self._file_limits)
            check_decodes(image.data, self._file_limits.max_pixels)
        except tuple(STATUS_OF_FAULT) as error:
            return ImageResult(image.name, STATUS_OF_FAULT[type(error)], error.detail, None)
        status = None
        if not types.keys() >= set(image.tag_ids):
            status = ImageStatus.TAG
        elif len(image.tag_ids) > (1 if has_one_tag else MOST_TAGS):
            status = ImageStatus.TAG_LIMIT
        elif len(image.tag_ids) > 1 and TagType.NEGATIVE in map(types.get, image.tag_ids):
            status = ImageStatus.NEGATIVE_AND_REGULAR
        return _refused(image.name, status) if status else None


class _Sending:
    """One request, of images with the same metadata; the results in the order of the images."""

    def __init__(self, project_id: UUID, images: Sequence[NewImage]) -> None:
        self._project_id = str(project_id)
        self._images = images
        counted = Counter(image.name for image in images)
        # Results are told apart by their names.
        self._names = [
            image.name if counted[image.name] == 1 and image.name else f"{place}-{image.name}"
            for place, image in enumerate(images)
        ]

    def __call__(self, sdk: "CustomVisionTrainingClient") -> "list[models.ImageCreateResult]":
        from azure.cognitiveservices.vision.customvision.training import models  # noqa: PLC0415

        entries = [
            models.ImageFileCreateEntry(
                name=name,
                contents=image.data,
                tag_ids=[str(tag_id) for tag_id in image.tag_ids],
            )
            for name, image in zip(self._names, self._images, strict=True)
        ]
        metadata = dict(self._images[0].metadata) or None
        batch = models.ImageFileCreateBatch(images=entries, metadata=metadata)
        results = list(sdk.create_images_from_files(self._project_id, batch).images)
        by_name = {str(result.source_url).strip('"'): result for result in results}
        if by_name.keys() >= set(self._names):
            return [by_name[name] for name in self._names]
        if len(results) != len(self._names):
            raise ValueError("a result is missing")
        return results


def check_file(data: bytes, limits: UploadSettings) -> ImageFacts:
    """What the file is.

    Raises: as `inspect_image`; ImageFormatUnsupported for what Custom Vision does not read.
    """
    facts = inspect_image(data, limits)
    if facts.format not in FORMATS:
        raise ImageFormatUnsupported(
            f"Custom Vision reads no {facts.format}. Send a JPEG, PNG, BMP or GIF file."
        )
    return facts


def _sent(result: "models.ImageCreateResult") -> Sent:
    known = result.status in list(ImageStatus)
    status = ImageStatus(result.status) if known else ImageStatus.STORAGE
    is_in = status in _ADDED and result.image is not None
    return Sent(status, to_image(result.image) if is_in else None)


def _result(image: NewImage, sent: Sent) -> ImageResult:
    if sent.image is None:
        return _refused(image.name, sent.status)
    return ImageResult(image.name, sent.status, None, sent.image)


def _refused(name: str, status: ImageStatus) -> ImageResult:
    return ImageResult(name, status, _DETAILS.get(status, _DETAILS[ImageStatus.STORAGE]), None)
