"""Iterations in the database: started, listed, named, deleted. `training` makes them models."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration
from classifr.database.models.iteration import IterationExport
from classifr.database.session import after_commit
from classifr.errors import (
    BackboneInvalid,
    IterationNotFound,
    IterationNotTrained,
    IterationPublished,
    LimitReached,
    NotReady,
    NotTraining,
    TagNotFound,
    TooFewImages,
    TooFewTags,
    TrainingInProgress,
    TrainingNotNeeded,
)
from classifr.jobs.deferring import defer, is_running
from classifr.kinds import IN_PROGRESS, LATEST, IterationStatus, TrainingStage, TrainingType
from classifr.settings import Settings
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.images.deletion import delete_files
from classifr.vision.local.iterations.files import file_keys
from classifr.vision.local.iterations.outputs import to_output
from classifr.vision.local.locks import lock_project, require_own
from classifr.vision.local.publishing import publications
from classifr.vision.local.publishing import service as publishing
from classifr.vision.local.task_names import TRAIN
from classifr.vision.local.training.data import (
    TagCount,
    TrainingOptions,
    compute_fingerprint,
    count_tags,
    names_of,
)
from classifr.vision.values import ExportValue, IterationValue, PublicationValue, as_id


class LocalIterations:
    """The iterations of one unit of work."""

    def __init__(
        self, session: AsyncSession, storage: Storage, backbones: Backbones, settings: Settings
    ) -> None:
        self._session = session
        self._storage = storage
        self._backbones = backbones
        self._settings = settings

    async def train(
        self,
        project_id: UUID,
        *,
        training_type: TrainingType,
        budget_hours: int | None = None,
        is_forced: bool = False,
        selected_tag_ids: Sequence[UUID] = (),
    ) -> IterationValue:
        selected = sorted(set(selected_tag_ids)) or None
        # Before the project is held, because it reads a file.
        backbone_key = await self._backbone_key()
        kind = await lock_project(self._session, project_id)
        number = await self._next_number(project_id)
        tags = await count_tags(self._session, project_id, selected)
        if selected is not None and len(tags) < len(selected):
            raise TagNotFound("Some of the selected tags are not in this project.")
        _check_tags(tags, self._settings.training.min_images_per_tag)
        options = TrainingOptions(kind, training_type, budget_hours, backbone_key, selected)
        if not is_forced:
            await self._check_needed(project_id, options)
        iteration = Iteration(
            project_id=project_id,
            number=number,
            name=f"Iteration {number}",
            training_type=training_type,
            budget_hours=budget_hours,
            backbone=backbone_key,
            selected_tag_ids=selected,
        )
        self._session.add(iteration)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise TrainingInProgress from error
        await defer(self._session, TRAIN, iteration.id)
        await self._session.refresh(iteration)
        return to_value(iteration)

    async def cancel(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        iteration = await self._lock(project_id, iteration_id)
        if iteration.status not in IN_PROGRESS:
            raise NotTraining
        iteration.is_cancel_requested = True
        # What no worker is at, nobody else would end.
        if not await is_running(
            self._session,
            TRAIN,
            iteration_id,
            stalled_seconds=self._settings.jobs.stalled_seconds,
        ):
            iteration.status = IterationStatus.CANCELLED
            iteration.stage = None
            iteration.seconds_left = None
        await self._session.flush()
        return to_value(iteration)

    async def list(self, project_id: UUID) -> Sequence[IterationValue]:
        query = _of(project_id).order_by(Iteration.number.desc())
        return [to_value(iteration) for iteration in await self._session.scalars(query)]

    async def get(self, project_id: UUID, iteration: str) -> IterationValue:
        iteration_id = as_id(iteration)
        query = _of(project_id).where(
            or_(
                Iteration.name == iteration,
                Iteration.published_name == iteration,
                *([Iteration.id == iteration_id] if iteration_id else []),
                *([true()] if iteration == LATEST else []),
            )
        )
        # An id wins over a name, a name over a published name, and all of them over `latest`.
        found = await self._session.scalar(
            query.order_by(
                *([(Iteration.id == iteration_id).desc()] if iteration_id else []),
                (Iteration.name == iteration).desc(),
                (func.coalesce(Iteration.published_name, "") == iteration).desc(),
                (Iteration.status == IterationStatus.COMPLETED).desc(),
                Iteration.number.desc(),
            ).limit(1)
        )
        if found is None:
            raise IterationNotFound
        return to_value(found)

    async def rename(self, project_id: UUID, iteration_id: UUID, name: str) -> IterationValue:
        require_own(project_id)
        iteration = await self._lock(project_id, iteration_id)
        iteration.name = name
        await self._session.flush()
        if iteration.published_name is not None:
            await publishing.announce(self._session)
        return to_value(iteration)

    async def delete(self, project_id: UUID, iteration_id: UUID) -> None:
        require_own(project_id)
        iteration = await self._lock(project_id, iteration_id)
        if iteration.published_name is not None:
            raise IterationPublished
        if iteration.status in IN_PROGRESS:
            raise TrainingInProgress("This iteration is being trained. Cancel it first.")
        iteration.deleted_at = await self._session.scalar(select(func.now()))
        await self._session.flush()
        after_commit(self._session, partial(delete_files, self._storage, file_keys(iteration_id)))

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
        return to_value(
            await publishing.publish(
                self._session,
                project_id,
                iteration_id,
                name=name,
                username=username,
                replace=replace,
                make_default=make_default,
                resource_id=resource_id,
            )
        )

    async def unpublish(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        return to_value(await publishing.unpublish(self._session, project_id, iteration_id))

    async def roll_back(
        self, project_id: UUID, *, name: str | None, username: str
    ) -> IterationValue:
        return to_value(
            await publishing.roll_back(self._session, project_id, name=name, username=username)
        )

    async def earlier(self, project_id: UUID, *, name: str | None) -> IterationValue:
        return to_value(await publishing.earlier_iteration(self._session, project_id, name=name))

    async def request_export(
        self, project_id: UUID, iteration_id: UUID, *, platform: str, flavor: str | None
    ) -> IterationValue:
        iteration = await self._lock(project_id, iteration_id)
        if iteration.status != IterationStatus.COMPLETED:
            raise IterationNotTrained
        export = IterationExport(platform=platform, flavor=flavor)
        if export not in iteration.exports:
            iteration.exports = [*iteration.exports, export]
            await self._session.flush()
        return to_value(iteration)

    async def publications(
        self, project_id: UUID, *, before_id: int | None = None, limit: int
    ) -> Sequence[PublicationValue]:
        return await publications.list_publications(
            self._session, project_id, before_id=before_id, limit=limit
        )

    async def _backbone_key(self) -> str:
        """Of the backbone that the settings name. Raises: NotReady."""
        try:
            return await asyncio.to_thread(self._backbones.key_for_training)
        except BackboneInvalid as error:
            raise NotReady(f"Nothing can be trained now. {error.detail}") from error

    async def _next_number(self, project_id: UUID) -> int:
        """Raises: TrainingInProgress, LimitReached."""
        is_there = Iteration.deleted_at.is_(None)
        query = select(
            func.coalesce(func.max(Iteration.number), 0) + 1,
            func.count().filter(is_there),
            func.count().filter(Iteration.status.in_(IN_PROGRESS)),
        ).where(Iteration.project_id == project_id)
        number, count, in_progress = (await self._session.execute(query)).one()
        if in_progress:
            raise TrainingInProgress
        if count >= self._settings.training.max_iterations:
            raise LimitReached(
                f"The project has {count} iterations, as many as it may. Delete some first."
            )
        return int(number)

    async def _check_needed(self, project_id: UUID, options: TrainingOptions) -> None:
        last = await self._session.scalar(
            _of(project_id)
            .where(Iteration.status == IterationStatus.COMPLETED)
            .order_by(Iteration.number.desc())
            .limit(1)
        )
        if last is None:
            return
        if last.fingerprint == await compute_fingerprint(self._session, project_id, options):
            raise TrainingNotNeeded(
                f"Nothing changed since {last.name} was trained. Add or retag images, or force it."
            )

    async def _lock(self, project_id: UUID, iteration_id: UUID) -> Iteration:
        query = _of(project_id).where(Iteration.id == iteration_id)
        # What the session read before it had the lock may be out of date.
        locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        iteration = await self._session.scalar(locked)
        if iteration is None:
            raise IterationNotFound
        return iteration


def to_value(iteration: Iteration) -> IterationValue:
    """A row as the port shows it."""
    return IterationValue(
        id=iteration.id,
        project_id=iteration.project_id,
        number=iteration.number,
        name=iteration.name,
        status=IterationStatus(iteration.status),
        training_type=TrainingType(iteration.training_type),
        budget_hours=iteration.budget_hours,
        stage=TrainingStage(iteration.stage) if iteration.stage else None,
        progress=iteration.progress,
        seconds_left=iteration.seconds_left,
        error=iteration.error,
        tags=list(map(to_output, iteration.tags)),
        image_count=iteration.image_count,
        backbone=iteration.backbone,
        summary=iteration.summary,
        published_name=iteration.published_name,
        published_at=iteration.published_at,
        publish_resource_id=iteration.publish_resource_id,
        exports=[ExportValue(**export) for export in iteration.exports],
        selected_tag_ids=iteration.selected_tag_ids,
        created_at=iteration.created_at,
        updated_at=iteration.updated_at,
        started_at=iteration.started_at,
        trained_at=iteration.trained_at,
    )


def _of(project_id: UUID) -> Select[Iteration]:
    return select(Iteration).where(
        Iteration.project_id == project_id, Iteration.deleted_at.is_(None)
    )


def _check_tags(tags: Sequence[TagCount], least: int) -> None:
    """Raises: TooFewTags, TooFewImages; the sentence names the tags."""
    with_images = [tag for tag in tags if tag.image_count]
    if len(with_images) < 2:
        there = f"only “{with_images[0].name}” has" if with_images else "none has"
        raise TooFewTags(
            f"A model needs at least two tags with images, and {there} any. "
            f"Give {'another' if with_images else 'two'} at least {least} images."
        )
    few = [tag for tag in tags if tag.image_count < least]
    if few:
        remedy = "it, or delete the tag" if len(few) == 1 else "them, or delete the tags"
        raise TooFewImages(
            f"Each tag needs at least {least} images, and {names_of(few)}. Add images to {remedy}."
        )
