"""Tags put on images and taken off them, in Custom Vision."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from classifr.errors import EngineRefused
from classifr.kinds import TagType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import to_tag_type

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

T = TypeVar("T")

_MOST_PAIRS = 64


class Tagging:
    """Changes the tags of images, as many a request as Custom Vision takes."""

    def __init__(self, training: TrainingConnection) -> None:
        self._training = training

    async def types(self, project_id: UUID) -> Mapping[UUID, TagType]:
        """Of each tag of the project."""
        return await self._training.read(
            lambda sdk: {
                UUID(tag.id): to_tag_type(tag.type) for tag in sdk.get_tags(str(project_id))
            }
        )

    async def put(self, project_id: UUID, pairs: Sequence[tuple[UUID, UUID]]) -> None:
        """Give images tags: (image, tag). Raises: EngineRefused if one would have too many."""
        for part in batches(pairs, _MOST_PAIRS):
            if await self._training.change(_Putting(project_id, part)):
                raise EngineRefused("An image would have more tags than Custom Vision takes.")

    async def take(self, project_id: UUID, tags: Mapping[UUID, Iterable[UUID]]) -> None:
        """Take tags off images. tags: by image."""
        images: dict[UUID, list[UUID]] = defaultdict(list)
        for image_id, tag_ids in tags.items():
            for tag_id in tag_ids:
                images[tag_id].append(image_id)
        for tag_id, image_ids in images.items():
            for part in batches(image_ids, _MOST_PAIRS):
                await self._training.change(_Taking(project_id, part, tag_id))


class _Putting:
    """One request; whether any of the tags was one too many."""

    def __init__(self, project_id: UUID, pairs: Sequence[tuple[UUID, UUID]]) -> None:
        self._project_id = str(project_id)
        self._pairs = [(str(image_id), str(tag_id)) for image_id, tag_id in pairs]

    def __call__(self, sdk: "CustomVisionTrainingClient") -> bool:
        from azure.cognitiveservices.vision.customvision.training import models  # noqa: PLC0415

        entries = [
            models.ImageTagCreateEntry(image_id=image_id, tag_id=tag_id)
            for image_id, tag_id in self._pairs
        ]
        return bool(sdk.create_image_tags(self._project_id, tags=entries).exceeded)


class _Taking:
    """One request."""

    def __init__(self, project_id: UUID, image_ids: Sequence[UUID], tag_id: UUID) -> None:
        self._project_id = str(project_id)
        self._image_ids = [str(image_id) for image_id in image_ids]
        self._tag_id = str(tag_id)

    def __call__(self, sdk: "CustomVisionTrainingClient") -> None:
        sdk.delete_image_tags(self._project_id, self._image_ids, [self._tag_id])


def batches(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """The items, at most so many at a time."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
