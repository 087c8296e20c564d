"""How much there is in a project."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.remembered import Remembered

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

_COUNTED_SECONDS = 20.0
# Custom Vision takes ten requests a second, and a list of projects asks three for each.
_COUNTED_AT_ONCE = 2


@dataclass(frozen=True)
class Counts:
    """What there is in a project."""

    tags: int
    images: int
    untagged: int


class Counting:
    """Counts what projects hold, and remembers it for a while."""

    def __init__(self, training: TrainingConnection) -> None:
        self._training = training
        self._places = asyncio.Semaphore(_COUNTED_AT_ONCE)
        self._counts: Remembered[UUID, Counts] = Remembered(self._count, seconds=_COUNTED_SECONDS)

    async def counts(self, project_id: UUID) -> Counts:
        """Those of a project."""
        return await self._counts.get(project_id)

    def forget(self, project_id: UUID) -> None:
        """They are others now."""
        self._counts.forget(project_id)

    async def _count(self, project_id: UUID) -> Counts:
        async with self._places:
            return await self._training.read(partial(_count, str(project_id)))


def _count(project_id: str, sdk: "CustomVisionTrainingClient") -> Counts:
    untagged = int(sdk.get_untagged_image_count(project_id))
    return Counts(
        tags=len(sdk.get_tags(project_id)),
        images=int(sdk.get_tagged_image_count(project_id)) + untagged,
        untagged=untagged,
    )
