"""Training images that are asked for by their ids."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_IDS, batches

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import (
        CustomVisionTrainingClient,
        models,
    )

T = TypeVar("T")


async def images_by_ids(
    training: TrainingConnection,
    project_id: UUID,
    image_ids: Sequence[UUID],
    to_value: "Callable[[models.Image], T]",
) -> list[T]:
    """What `to_value` makes of each image that is there, in any order.

    to_value: called in the client's threads, where an answer of another form shall fail.
    """
    found: list[T] = []
    for part in batches(image_ids, MOST_IDS):
        found += await training.read(partial(_read, project_id, part, to_value))
    return found


def _read(
    project_id: UUID,
    image_ids: Sequence[UUID],
    to_value: "Callable[[models.Image], T]",
    sdk: "CustomVisionTrainingClient",
) -> list[T]:
    wanted = [str(image_id) for image_id in image_ids]
    return [to_value(image) for image in sdk.get_images_by_ids(str(project_id), wanted)]
