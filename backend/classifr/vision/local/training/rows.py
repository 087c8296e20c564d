"""The row of an iteration while it is trained."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration, IterationTag, Project, Tag
from classifr.engine.learning.head import HeadKind
from classifr.errors import ProjectNotFound
from classifr.kinds import IN_PROGRESS, ClassificationType, IterationStatus, TrainingType
from classifr.vision.judging.judgement import head_kind
from classifr.vision.local.locks import lock_project
from classifr.vision.local.training.data import TrainingOptions

_MOST_ERROR_CHARACTERS = 1024

# Of an Advanced training that names none.
_DEFAULT_BUDGET_HOURS = 1
_HOUR_SECONDS = 3600.0

End: TypeAlias = Callable[[AsyncSession, UUID], Awaitable[None]]


@dataclass(frozen=True)
class TrainingJob:
    """An iteration that is to be trained."""

    iteration_id: UUID
    project_id: UUID
    classification_type: ClassificationType
    training_type: TrainingType
    budget_hours: int | None
    backbone: str  #: The key of the backbone it is to be trained with.
    tag_ids: list[UUID] | None  #: Those that it learns; None: all.
    seconds_spent: float  #: Since it was begun for the first time.

    @property
    def is_advanced(self) -> bool:
        """Whether it learns from more than the plain view of each image."""
        return self.training_type is TrainingType.ADVANCED

    @property
    def budget_seconds_left(self) -> float:
        """What is left for more views; below 0 if nothing is."""
        return (self.budget_hours or _DEFAULT_BUDGET_HOURS) * _HOUR_SECONDS - self.seconds_spent

    @property
    def kind(self) -> HeadKind:
        """What the engine calls its type."""
        return head_kind(self.classification_type)

    def options(self, backbone_key: str) -> TrainingOptions:
        """What its model depends on beside its images."""
        return TrainingOptions(
            self.classification_type,
            self.training_type,
            self.budget_hours,
            backbone_key,
            self.tag_ids,
        )


@dataclass(frozen=True)
class Completion:
    """What is known of an iteration once it is trained."""

    tags: list[IterationTag]
    image_count: int
    fingerprint: str
    summary: dict[str, float | None]


async def find_job(session: AsyncSession, iteration_id: UUID) -> TrainingJob | None:
    """The iteration, unless it has ended already."""
    query = (
        select(
            Iteration.id,
            Iteration.project_id,
            Project.classification_type,
            Iteration.training_type,
            Iteration.budget_hours,
            Iteration.backbone,
            Iteration.selected_tag_ids,
            func.coalesce(func.extract("epoch", func.now() - Iteration.started_at), 0).label(
                "seconds_spent"
            ),
        )
        .join(Project, Project.id == Iteration.project_id)
        .where(_is_in_progress(iteration_id))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return TrainingJob(
        iteration_id=row.id,
        project_id=row.project_id,
        classification_type=ClassificationType(row.classification_type),
        training_type=TrainingType(row.training_type),
        budget_hours=row.budget_hours,
        backbone=row.backbone,
        tag_ids=row.selected_tag_ids,
        seconds_spent=float(row.seconds_spent),
    )


async def complete(session: AsyncSession, job: TrainingJob, completion: Completion) -> bool:
    """Note that it is trained; False if somebody cancelled or deleted it meanwhile."""
    try:
        await lock_project(session, job.project_id)
    except ProjectNotFound:
        return False
    done = await session.scalar(
        update(Iteration)
        .where(
            _is_in_progress(job.iteration_id),
            ~Iteration.is_cancel_requested,
            Iteration.deleted_at.is_(None),
        )
        .values(
            status=IterationStatus.COMPLETED,
            stage=None,
            progress=1.0,
            seconds_left=None,
            tags=await _with_present_names(session, job.project_id, completion.tags),
            image_count=completion.image_count,
            fingerprint=completion.fingerprint,
            summary=completion.summary,
            trained_at=func.now(),
        )
        .returning(Iteration.id)
    )
    return done is not None


async def fail(session: AsyncSession, iteration_id: UUID, reason: str) -> None:
    """Note why it failed."""
    error = reason[:_MOST_ERROR_CHARACTERS]
    await _end(session, iteration_id, status=IterationStatus.FAILED, error=error)


async def cancel(session: AsyncSession, iteration_id: UUID) -> None:
    """Note that it was stopped."""
    await _end(session, iteration_id, status=IterationStatus.CANCELLED, error=None)


async def is_completed(session: AsyncSession, iteration_id: UUID) -> bool:
    """Whether it is trained, by whichever worker."""
    status = await session.scalar(select(Iteration.status).where(Iteration.id == iteration_id))
    return status == IterationStatus.COMPLETED


async def _with_present_names(
    session: AsyncSession, project_id: UUID, tags: list[IterationTag]
) -> list[IterationTag]:
    """The tags under the names that they got while the training went on."""
    query = select(Tag.id, Tag.name).where(Tag.project_id == project_id)
    names = {str(row.id): row.name for row in await session.execute(query)}
    return [
        IterationTag(id=tag["id"], name=names.get(tag["id"], tag["name"]), type=tag["type"])
        for tag in tags
    ]


async def _end(
    session: AsyncSession, iteration_id: UUID, *, status: IterationStatus, error: str | None
) -> None:
    await session.execute(
        update(Iteration)
        .where(_is_in_progress(iteration_id))
        .values(status=status, error=error, stage=None, seconds_left=None)
    )


def _is_in_progress(iteration_id: UUID) -> ColumnElement[bool]:
    return (Iteration.id == iteration_id) & Iteration.status.in_(IN_PROGRESS)
