"""Lists of images that go on after an image, over a service that counts places."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_IN_PAGE
from classifr.vision.azure.client.wire import to_image
from classifr.vision.azure.images.files import ImageFiles
from classifr.vision.values import ImageValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import (
        CustomVisionTrainingClient,
        models,
    )

_MOST_PLACES = 10_000


@dataclass(frozen=True)
class Chosen:
    """Which images of a project a list shows, newest first."""

    project_id: UUID
    tag_ids: tuple[UUID, ...] = ()  #: Any of them.
    is_untagged: bool = False


@dataclass(frozen=True)
class _Place:
    """Where the last image of a page was, when it was shown."""

    skip: int  #: As many stood before it.
    created_at: datetime


_Key: TypeAlias = tuple[Chosen, UUID]


class ImagePages:
    """Pages of images. Remembers where pages ended, so that the next need not be searched."""

    def __init__(self, training: TrainingConnection, files: ImageFiles) -> None:
        self._training = training
        self._files = files
        self._places: OrderedDict[_Key, _Place] = OrderedDict()

    async def page(self, chosen: Chosen, *, after: UUID | None, limit: int) -> Sequence[ImageValue]:
        """Those that follow the image `after`; if that is gone, those older than it was."""
        skip = 0 if after is None else await self._place_after(chosen, after)
        images = await self._read(chosen, skip, limit)
        for place, image in enumerate(images, start=skip):
            self._places[chosen, image.id] = _Place(place, image.created_at)
        while len(self._places) > _MOST_PLACES:
            self._places.popitem(last=False)
        return images

    async def every(self, chosen: Chosen) -> AsyncIterator[ImageValue]:
        """All of them."""
        skip = 0
        while images := await self._read(chosen, skip, MOST_IN_PAGE):
            for image in images:
                yield image
            skip += len(images)

    async def _place_after(self, chosen: Chosen, after: UUID) -> int:
        """How many stand before those that follow the image."""
        known = self._places.get((chosen, after))
        if known is not None:
            # New images push it back, and deleted ones let it move up.
            start = max(0, known.skip - MOST_IN_PAGE // 2)
            for place, image in enumerate(await self._read(chosen, start, MOST_IN_PAGE), start):
                if image.id == after:
                    return place + 1
        place, older = 0, None
        async for image in self.every(chosen):
            if image.id == after:
                return place + 1
            if older is None and known is not None and self._follows(chosen, image, known):
                older = place
            place += 1
        return place if older is None else older

    def _follows(self, chosen: Chosen, image: ImageValue, gone: _Place) -> bool:
        """Whether an image came after one that is gone now."""
        if image.created_at != gone.created_at:
            return image.created_at < gone.created_at
        shown = self._places.get((chosen, image.id))
        return shown is None or shown.skip > gone.skip

    async def _read(self, chosen: Chosen, skip: int, limit: int) -> Sequence[ImageValue]:
        found: list[ImageValue] = []
        while len(found) < limit:
            take = min(MOST_IN_PAGE, limit - len(found))
            images = await self._training.read(partial(_read, chosen, skip + len(found), take))
            self._files.remember(images)
            found += map(to_image, images)
            if len(images) < take:
                break
        return found


def _read(
    chosen: Chosen, skip: int, take: int, sdk: "CustomVisionTrainingClient"
) -> "list[models.Image]":
    project_id = str(chosen.project_id)
    page = {"order_by": "Newest", "take": take, "skip": skip}
    if chosen.is_untagged:
        return list(sdk.get_untagged_images(project_id, **page))
    tag_ids = [str(tag_id) for tag_id in chosen.tag_ids]
    return list(sdk.get_images(project_id, tag_ids=tag_ids or None, **page))
