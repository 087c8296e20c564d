"""What takes several requests to learn of an iteration, and stays as it is."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.errors import EngineRefused, IterationNotTrained
from classifr.kinds import IterationStatus
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import AzureIteration, to_output
from classifr.vision.azure.remembered import Remembered
from classifr.vision.values import IterationTagValue, IterationValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

_KEPT_SECONDS = 600.0
# Custom Vision takes ten requests a second, and a list of iterations asks three for each.
_ASKED_AT_ONCE = 2
_SUMMARY_THRESHOLD = 0.5


@dataclass(frozen=True)
class Facts:
    """What a trained iteration knows, and how well."""

    tags: list[IterationTagValue]
    image_count: int
    summary: dict[str, float | None] | None


_UNTRAINED = Facts(tags=[], image_count=0, summary=None)


class IterationFacts:
    """The facts of trained iterations, kept for minutes."""

    def __init__(self, training: TrainingConnection) -> None:
        self._training = training
        self._places = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._facts: Remembered[tuple[UUID, UUID], Facts] = Remembered(
            self._read, seconds=_KEPT_SECONDS
        )

    async def value(self, iteration: AzureIteration, number: int) -> IterationValue:
        """The iteration as the port shows it. number: its place, counted from the oldest."""
        is_trained = iteration.status == IterationStatus.COMPLETED
        facts = _UNTRAINED
        if is_trained:
            facts = await self._facts.get((iteration.project_id, iteration.id))
        return IterationValue(
            id=iteration.id,
            project_id=iteration.project_id,
            number=number,
            name=iteration.name,
            status=iteration.status,
            training_type=iteration.training_type,
            budget_hours=iteration.budget_hours,
            stage=None,
            progress=1.0 if is_trained else 0.0,
            seconds_left=None,
            error=iteration.error,
            tags=facts.tags,
            image_count=facts.image_count,
            backbone=None,
            summary=facts.summary,
            published_name=iteration.published_name,
            published_at=None,
            publish_resource_id=iteration.publish_resource_id,
            exports=[],
            selected_tag_ids=None,
            created_at=iteration.created_at,
            updated_at=iteration.updated_at,
            started_at=iteration.created_at,
            trained_at=iteration.trained_at,
        )

    def forget_names(self) -> None:
        """A tag has another name now."""
        self._facts.forget_all()

    async def _read(self, key: tuple[UUID, UUID]) -> Facts:
        project_id, iteration_id = (str(part) for part in key)
        async with self._places:
            tags, image_count = await self._training.read(
                lambda sdk: (
                    [to_output(tag) for tag in sdk.get_tags(project_id, iteration_id)],
                    int(sdk.get_tagged_image_count(project_id, iteration_id)),
                )
            )
            try:
                summary = await self._training.read(partial(_summary, project_id, iteration_id))
            except (IterationNotTrained, EngineRefused):
                # One without metrics must not hide the others.
                summary = None
        return Facts(tags, image_count, summary)


def _summary(
    project_id: str, iteration_id: str, sdk: "CustomVisionTrainingClient"
) -> dict[str, float | None]:
    performance = sdk.get_iteration_performance(
        project_id, iteration_id, threshold=_SUMMARY_THRESHOLD
    )
    return {
        "precision": performance.precision,
        "recall": performance.recall,
        "average_precision": performance.average_precision,
    }
