"""Which iterations answer, and under which names, in Custom Vision."""

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from classifr.errors import (
    ClassifrError,
    Conflict,
    EngineFailed,
    IterationNotPublished,
    IterationNotTrained,
    IterationPublished,
    NotSupported,
    PublishedNameTaken,
)
from classifr.kinds import IterationStatus
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import AzureIteration
from classifr.vision.azure.projects.directory import Directory

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

logger = structlog.get_logger()


class Publishing:
    """Publishes to one prediction resource."""

    def __init__(
        self,
        training: TrainingConnection,
        directory: Directory,
        *,
        resource_id: str,
    ) -> None:
        """resource_id: of the prediction resource."""
        self._training = training
        self._directory = directory
        self._resource_id = resource_id

    async def publish(
        self,
        project_id: UUID,
        iteration_id: UUID,
        *,
        name: str,
        replace: bool,
        resource_id: str | None,
    ) -> None:
        """As `Iterations.publish`."""
        self._directory.forget_iterations(project_id)
        iteration = await self._directory.iteration(project_id, str(iteration_id))
        if iteration.status != IterationStatus.COMPLETED:
            raise IterationNotTrained
        if iteration.published_name is not None:
            raise IterationPublished.under(iteration.name, iteration.published_name)
        before = await self._holder(project_id, name)
        if before is not None and not replace:
            raise PublishedNameTaken.by(before.name, name)
        resource_id = resource_id or self._resource_id
        if before is None:
            await self._publish(iteration, name, resource_id)
        else:
            await self._replace(before, iteration, name, resource_id)

    async def unpublish(self, project_id: UUID, iteration_id: UUID) -> None:
        """As `Iterations.unpublish`."""
        self._directory.forget_iterations(project_id)
        iteration = await self._directory.iteration(project_id, str(iteration_id))
        if iteration.published_name is None:
            raise IterationNotPublished
        await self._unpublish(iteration)

    async def _replace(
        self, before: AzureIteration, iteration: AzureIteration, name: str, resource_id: str
    ) -> None:
        """Move a name: in one step where Custom Vision does, else in two.

        If the second of them fails the first is undone, so that somebody answers.
        """
        try:
            await self._publish(iteration, name, resource_id, is_overwriting=True)
            return
        except (Conflict, NotSupported) as error:
            logger.debug("published_name_not_overwritten", reason=error.detail)
        await self._unpublish(before)
        try:
            await self._publish(iteration, name, resource_id)
        except ClassifrError as error:
            # After a lost answer it may be in place all the same.
            holder = await self._holder_or_none(iteration.project_id, name)
            if holder is not None and holder.id == iteration.id:
                return
            await self._put_back(before, name, error)
            raise

    async def _put_back(self, before: AzureIteration, name: str, error: ClassifrError) -> None:
        try:
            await self._publish(before, name, before.publish_resource_id or self._resource_id)
        except ClassifrError as second:
            logger.error("published_name_lost", name=name, iteration=before.name)
            raise EngineFailed(
                f"“{name}” could not be moved ({error.detail}), nor given back to {before.name} "
                f"({second.detail}). Nothing answers under it now: publish an iteration again."
            ) from second

    async def _publish(
        self,
        iteration: AzureIteration,
        name: str,
        resource_id: str,
        *,
        is_overwriting: bool = False,
    ) -> None:
        async def is_done() -> bool | None:
            holder = await self._holder(iteration.project_id, name)
            return True if holder is not None and holder.id == iteration.id else None

        ids = (str(iteration.project_id), str(iteration.id))
        await self._training.change(
            lambda sdk: bool(
                sdk.publish_iteration(*ids, name, resource_id, overwrite=is_overwriting or None)
            ),
            find=is_done,
        )
        self._directory.forget_iterations(iteration.project_id)

    async def _unpublish(self, iteration: AzureIteration) -> None:
        async def is_done() -> bool | None:
            self._directory.forget_iterations(iteration.project_id)
            now = await self._directory.iteration(iteration.project_id, str(iteration.id))
            return True if now.published_name is None else None

        await self._training.change(partial(_send_unpublish, iteration), find=is_done)
        self._directory.forget_iterations(iteration.project_id)

    async def _holder(self, project_id: UUID, name: str) -> AzureIteration | None:
        """The iteration that answers under the name now."""
        self._directory.forget_iterations(project_id)
        iterations = await self._directory.iterations(project_id)
        return next((one for one in iterations if one.published_name == name), None)

    async def _holder_or_none(self, project_id: UUID, name: str) -> AzureIteration | None:
        try:
            return await self._holder(project_id, name)
        except ClassifrError:
            return None


def _send_unpublish(iteration: AzureIteration, sdk: "CustomVisionTrainingClient") -> bool:
    sdk.unpublish_iteration(str(iteration.project_id), str(iteration.id))
    return True
