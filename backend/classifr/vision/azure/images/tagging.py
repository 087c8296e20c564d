"""Tags put on images and taken off them, in Custom Vision."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.errors import EngineRefused, NegativeAndRegularTag, OneTagOnly, TagNotFound
from classifr.kinds import TagType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_PAIRS, batches
from classifr.vision.azure.client.wire import to_tag_type
from classifr.vision.refusals import ONE_TAG_ONLY, UNKNOWN_TAG
from classifr.vision.values import ImageValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient


@dataclass(frozen=True)
class Change:
    """What is to become of the tags of some images."""

    gone: Mapping[UUID, Set[UUID]]  #: The tags that each image loses.
    new: Sequence[tuple[UUID, UUID]]  #: (image, tag)
    takes_first: bool  #: Whether tags go before others come.


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
        for part in batches(pairs, MOST_PAIRS):
            if await self._training.change(partial(_put, project_id, part)):
                raise EngineRefused("An image would have more tags than Custom Vision takes.")

    async def take(self, project_id: UUID, tags: Mapping[UUID, Iterable[UUID]]) -> None:
        """Take tags off images. tags: by image."""
        images: dict[UUID, list[UUID]] = defaultdict(list)
        for image_id, tag_ids in tags.items():
            for tag_id in tag_ids:
                images[tag_id].append(image_id)
        for tag_id, image_ids in images.items():
            for part in batches(image_ids, MOST_PAIRS):
                await self._training.change(partial(_take, project_id, part, tag_id))

    async def apply(self, project_id: UUID, change: Change) -> None:
        """Make a change that was planned."""
        # Custom Vision minds a negative tag beside another even for a moment. Otherwise what is
        # new comes first, so that an image is never without a tag.
        if change.takes_first:
            await self.take(project_id, change.gone)
            await self.put(project_id, change.new)
        else:
            await self.put(project_id, change.new)
            await self.take(project_id, change.gone)


def check_given(
    types: Mapping[UUID, TagType],
    add: Collection[UUID],
    remove: Collection[UUID],
    *,
    has_one_tag: bool,
) -> None:
    """Whether images may be given, and lose, these tags.

    types: of the tags of the project. has_one_tag: as in a Multiclass project.
    Raises: TagNotFound, OneTagOnly.
    """
    if not types.keys() >= {*add, *remove}:
        raise TagNotFound(UNKNOWN_TAG)
    if has_one_tag and len(add) > 1:
        raise OneTagOnly(ONE_TAG_ONLY)


def plan_change(
    images: Sequence[ImageValue],
    types: Mapping[UUID, TagType],
    add: Collection[UUID],
    remove: Collection[UUID],
    *,
    has_one_tag: bool,
) -> Change:
    """What to do so that images get some tags and lose others, all of which are in `types`.

    has_one_tag: a new tag replaces the one before.
    Raises: NegativeAndRegularTag.
    """
    gone = {image.id: _gone(image, add, remove, has_one_tag=has_one_tag) for image in images}
    new = [(image.id, tag_id) for image in images for tag_id in {*add} - _tags_of(image)]
    for image in images:
        kept = _tags_of(image) - gone[image.id] | {*add}
        if len(kept) > 1 and TagType.NEGATIVE in map(types.get, kept):
            raise NegativeAndRegularTag
    takes_first = TagType.NEGATIVE in map(types.get, {*add}.union(*gone.values()))
    return Change(gone, new, takes_first)


def _gone(
    image: ImageValue, add: Collection[UUID], remove: Collection[UUID], *, has_one_tag: bool
) -> set[UUID]:
    """The tags that an image loses."""
    replaced = _tags_of(image) if has_one_tag and add else {*remove} & _tags_of(image)
    return replaced - {*add}


def _tags_of(image: ImageValue) -> set[UUID]:
    """The ids of its tags."""
    return {tag.id for tag in image.tags}


def _put(
    project_id: UUID, pairs: Sequence[tuple[UUID, UUID]], sdk: "CustomVisionTrainingClient"
) -> bool:
    """Whether any of the tags was one too many."""
    from azure.cognitiveservices.vision.customvision.training import models  # noqa: PLC0415

    entries = [
        models.ImageTagCreateEntry(image_id=str(image_id), tag_id=str(tag_id))
        for image_id, tag_id in pairs
    ]
    return bool(sdk.create_image_tags(str(project_id), tags=entries).exceeded)


def _take(
    project_id: UUID, image_ids: Sequence[UUID], tag_id: UUID, sdk: "CustomVisionTrainingClient"
) -> None:
    wanted = [str(image_id) for image_id in image_ids]
    sdk.delete_image_tags(str(project_id), wanted, [str(tag_id)])
