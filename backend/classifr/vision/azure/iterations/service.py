"""Iterations in Custom Vision."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from classifr.errors import IterationPublished, NotSupported, TrainingInProgress
from classifr.kinds import IN_PROGRESS, TrainingType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import AzureIteration, to_iteration
from classifr.vision.azure.iterations.facts import IterationFacts
from classifr.vision.azure.iterations.publishing import Publishing
from classifr.vision.azure.projects.directory import Directory
from classifr.vision.values import IterationValue, PublicationValue

_NO_HISTORY = "Custom Vision keeps no history. Publish the iteration you want."


class AzureIterations:
    """As `Iterations`. Custom Vision keeps no history of what was published, and stops nothing."""

    def __init__(
        self,
        training: TrainingConnection,
        directory: Directory,
        facts: IterationFacts,
        publishing: Publishing,
    ) -> None:
        self._training = training
        self._directory = directory
        self._facts = facts
        self._publishing = publishing

    async def train(
        self,
        project_id: UUID,
        *,
        training_type: TrainingType,
        budget_hours: int | None = None,
        is_forced: bool = False,
        selected_tag_ids: Sequence[UUID] = (),
    ) -> IterationValue:
        before = {iteration.id for iteration in await self._read(project_id)}
        started = await self._training.change(
            lambda sdk: to_iteration(
                sdk.train_project(
                    str(project_id),
                    training_type=str(training_type),
                    reserved_budget_in_hours=budget_hours or _default_budget(training_type),
                    force_train=is_forced,
                    selected_tags=[str(tag_id) for tag_id in selected_tag_ids] or None,
                )
            ),
            find=lambda: self._started_since(project_id, before),
        )
        self._directory.forget_iterations(project_id)
        return await self._value(started)

    async def cancel(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        raise NotSupported("Custom Vision stops no training. Wait until it ends.")

    async def list(self, project_id: UUID) -> Sequence[IterationValue]:
        iterations = await self._directory.iterations(project_id)
        numbers = _numbers(iterations)
        return await asyncio.gather(
            *(self._facts.value(iteration, numbers[iteration.id]) for iteration in iterations)
        )

    async def get(self, project_id: UUID, iteration: str) -> IterationValue:
        return await self._value(await self._directory.iteration(project_id, iteration))

    async def rename(self, project_id: UUID, iteration_id: UUID, name: str) -> IterationValue:
        await self._training.change(
            lambda sdk: to_iteration(sdk.update_iteration(str(project_id), str(iteration_id), name))
        )
        self._directory.forget_iterations(project_id)
        return await self.get(project_id, str(iteration_id))

    async def delete(self, project_id: UUID, iteration_id: UUID) -> None:
        iteration = await self._directory.iteration(project_id, str(iteration_id))
        if iteration.published_name is not None:
            raise IterationPublished
        if iteration.status in IN_PROGRESS:
            raise TrainingInProgress("This iteration is being trained. Wait until it ends.")
        await self._training.change(
            lambda sdk: sdk.delete_iteration(str(project_id), str(iteration_id))
        )
        self._directory.forget_iterations(project_id)

    async def publish(
        self,
        project_id: UUID,
        iteration_id: UUID,
        *,
        name: str,
        username: str,
        replace: bool = False,
        make_default: bool | None = None,
        resource_id: str | None = None,
    ) -> IterationValue:
        if make_default and not await self._directory.is_default(project_id):
            raise NotSupported(
                "CLASSIFR_AZURE__PROJECT says which project answers by default. Set it there, "
                "or publish without asking for it."
            )
        await self._publishing.publish(
            project_id, iteration_id, name=name, replace=replace, resource_id=resource_id
        )
        return await self.get(project_id, str(iteration_id))

    async def unpublish(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        await self._publishing.unpublish(project_id, iteration_id)
        return await self.get(project_id, str(iteration_id))

    async def roll_back(
        self, project_id: UUID, *, name: str | None, username: str
    ) -> IterationValue:
        raise NotSupported(_NO_HISTORY)

    async def earlier(self, project_id: UUID, *, name: str | None) -> IterationValue:
        raise NotSupported(_NO_HISTORY)

    async def publications(
        self, project_id: UUID, *, before_id: int | None = None, limit: int
    ) -> Sequence[PublicationValue]:
        raise NotSupported("Custom Vision keeps no history of what was published.")

    async def request_export(
        self, project_id: UUID, iteration_id: UUID, *, platform: str, flavor: str | None
    ) -> IterationValue:
        raise NotSupported

    async def _value(self, iteration: AzureIteration) -> IterationValue:
        others = await self._directory.iterations(iteration.project_id)
        numbers = _numbers(others)
        return await self._facts.value(iteration, numbers.get(iteration.id, len(others) + 1))

    async def _read(self, project_id: UUID) -> Sequence[AzureIteration]:
        """Those there are now."""
        self._directory.forget_iterations(project_id)
        return await self._directory.iterations(project_id)

    async def _started_since(self, project_id: UUID, before: set[UUID]) -> AzureIteration | None:
        new = [one for one in await self._read(project_id) if one.id not in before]
        return new[0] if new else None


def _default_budget(training_type: TrainingType) -> int | None:
    """Hours; Custom Vision wants at least one for what is Advanced."""
    return 1 if training_type == TrainingType.ADVANCED else None


def _numbers(iterations: Sequence[AzureIteration]) -> Mapping[UUID, int]:
    """The number in each one's own name, `Iteration 7`; else its place, counted from the oldest."""
    numbers = {}
    for place, iteration in enumerate(reversed(iterations), start=1):
        named = re.fullmatch(r"Iteration (\d{1,6})", iteration.name)
        numbers[iteration.id] = int(named[1]) if named else place
    return numbers
