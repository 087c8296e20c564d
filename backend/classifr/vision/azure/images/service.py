"""Training images in Custom Vision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.errors import NotSupported, TrainingImageNotFound
from classifr.kinds import ClassificationType, ImageOrder
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_IDS, MOST_TAGS, batches
from classifr.vision.azure.client.wire import to_image
from classifr.vision.azure.images.addition import Addition
from classifr.vision.azure.images.by_ids import images_by_ids
from classifr.vision.azure.images.files import ImageFiles
from classifr.vision.azure.images.pages import Chosen, ImagePages
from classifr.vision.azure.images.tagging import Tagging, check_given, plan_change
from classifr.vision.azure.projects.counting import Counting
from classifr.vision.azure.projects.directory import Directory
from classifr.vision.values import (
    ImageFilter,
    ImageResult,
    ImageTagPair,
    ImageValue,
    NewImage,
    NotedImage,
    OriginalFile,
    TaggingSummary,
)

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import (
        CustomVisionTrainingClient,
        models,
    )


@dataclass(frozen=True)
class ImageRooms:
    """What the images of all units of work share."""

    tagging: Tagging
    pages: ImagePages
    files: ImageFiles
    addition: Addition


class AzureImages:
    """As `Images`. What only clients of Custom Vision's dialect ask for is not here."""

    def __init__(
        self,
        training: TrainingConnection,
        directory: Directory,
        counting: Counting,
        images: ImageRooms,
    ) -> None:
        self._training = training
        self._directory = directory
        self._counting = counting
        self._tagging = images.tagging
        self._pages = images.pages
        self._files = images.files
        self._addition = images.addition

    async def add(
        self, project_id: UUID, images: Sequence[NewImage], *, several_tags: bool = False
    ) -> Sequence[ImageResult]:
        project = await self._directory.project(str(project_id))
        is_multiclass = project.classification_type == ClassificationType.MULTICLASS
        try:
            return await self._addition.add(
                project_id, images, has_one_tag=is_multiclass and not several_tags
            )
        finally:
            self._counting.forget(project_id)

    async def list(
        self,
        project_id: UUID,
        *,
        tag_ids: Sequence[UUID] = (),
        is_untagged: bool = False,
        after: UUID | None = None,
        limit: int,
    ) -> Sequence[ImageValue]:
        if len(tag_ids) > MOST_TAGS:
            raise NotSupported(f"Custom Vision looks for {MOST_TAGS} tags at a time. Name fewer.")
        chosen = Chosen(project_id, tuple(tag_ids), is_untagged)
        return await self._pages.page(chosen, after=after, limit=limit)

    async def by_ids(self, project_id: UUID, image_ids: Sequence[UUID]) -> Sequence[ImageValue]:
        told = await images_by_ids(self._training, project_id, image_ids, _shown)
        self._files.remember([image for image, _ in told])
        found = {value.id: value for _, value in told}
        return [found[image_id] for image_id in image_ids if image_id in found]

    async def get(self, project_id: UUID, image_id: UUID) -> ImageValue:
        return (await self._require(project_id, [image_id]))[0]

    async def find_file(self, project_id: UUID, image_id: UUID) -> OriginalFile:
        if self._files.address(image_id) is None:
            await self.get(project_id, image_id)
        return OriginalFile(str(image_id), partial(self._files.read, image_id))

    async def retag(
        self,
        project_id: UUID,
        image_ids: Sequence[UUID],
        *,
        add: Sequence[UUID] = (),
        remove: Sequence[UUID] = (),
    ) -> Sequence[ImageValue]:
        project = await self._directory.project(str(project_id))
        has_one_tag = project.classification_type == ClassificationType.MULTICLASS
        types = await self._tagging.types(project_id)
        check_given(types, add, remove, has_one_tag=has_one_tag)
        images = await self._require(project_id, image_ids)
        change = plan_change(images, types, add, remove, has_one_tag=has_one_tag)
        await self._tagging.apply(project_id, change)
        self._counting.forget(project_id)
        return await self.by_ids(project_id, image_ids)

    async def delete(self, project_id: UUID, image_ids: Sequence[UUID] | None) -> Sequence[UUID]:
        if image_ids is None:
            there = [image.id async for image in self._pages.every(Chosen(project_id))]
        else:
            there = [image.id for image in await self.by_ids(project_id, image_ids)]
        for part in batches(there, MOST_IDS):
            await self._training.change(partial(_delete, project_id, part))
        self._counting.forget(project_id)
        return there

    async def find(
        self,
        project_id: UUID,
        chosen: ImageFilter,
        *,
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> Sequence[ImageValue]:
        raise NotSupported

    async def count(self, project_id: UUID, chosen: ImageFilter) -> int:
        raise NotSupported

    async def tag(self, project_id: UUID, pairs: Sequence[ImageTagPair]) -> TaggingSummary:
        raise NotSupported

    async def note(
        self, project_id: UUID, image_ids: Sequence[UUID], metadata: Mapping[str, str]
    ) -> Sequence[NotedImage]:
        raise NotSupported

    async def _require(self, project_id: UUID, image_ids: Sequence[UUID]) -> Sequence[ImageValue]:
        images = await self.by_ids(project_id, image_ids)
        if missing := {*image_ids} - {image.id for image in images}:
            raise TrainingImageNotFound(
                f"The project has no image {next(iter(missing))}. It may have been deleted."
            )
        return images


def _shown(image: "models.Image") -> "tuple[models.Image, ImageValue]":
    return image, to_image(image)


def _delete(project_id: UUID, image_ids: Sequence[UUID], sdk: "CustomVisionTrainingClient") -> None:
    sdk.delete_images(str(project_id), image_ids=[str(image_id) for image_id in image_ids])
