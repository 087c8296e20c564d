"""Projects in the database."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain, count
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Iteration, Project, Tag, TrainingImage
from classifr.database.session import after_commit
from classifr.errors import (
    LimitReached,
    OneTagOnly,
    ProjectNameTaken,
    ProjectNotFound,
    ProjectPublished,
)
from classifr.jobs.deferring import defer
from classifr.kinds import IN_PROGRESS, ClassificationType, IterationStatus, ProjectStatus
from classifr.settings import TrainingSettings
from classifr.storage.port import Storage
from classifr.vision.local.images.deletion import delete_files, delete_images
from classifr.vision.local.iterations.files import file_keys
from classifr.vision.local.locks import lock_project, require_own
from classifr.vision.local.publishing import service as publishing
from classifr.vision.local.task_names import COPY
from classifr.vision.port import BUILTIN_PROJECT_ID
from classifr.vision.values import ProjectValue, as_id

_MOST_NAME_CHARACTERS = 250


class LocalProjects:
    """The projects of one unit of work."""

    def __init__(self, session: AsyncSession, storage: Storage, limits: TrainingSettings) -> None:
        self._session = session
        self._storage = storage
        self._limits = limits

    async def create(
        self,
        *,
        name: str,
        description: str,
        classification_type: ClassificationType,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        return await self._create(
            name=name,
            description=description,
            classification_type=classification_type,
            domain_id=domain_id,
            settings=dict(settings or {}),
        )

    async def copy(self, project_id: UUID, *, name: str | None = None) -> ProjectValue:
        require_own(project_id)
        original = await self._read(project_id)
        made = await self._create(
            name=name or await self._free_name(original.name),
            description=original.description,
            classification_type=original.classification_type,
            domain_id=original.domain_id,
            settings=dict(original.settings),
            status=ProjectStatus.IMPORTING,
            copied_from=project_id,
        )
        await defer(self._session, COPY, made.id)
        return made

    async def _free_name(self, name: str) -> str:
        """The name, or the first of “name (2)”, “name (3)” ... that no project has."""
        taken = set(await self._session.scalars(_names()))
        # Cut, so that the number fits.
        numbered = (f"{name[:_MOST_NAME_CHARACTERS]} ({number})" for number in count(2))
        return next(free for free in chain([name], numbered) if free not in taken)

    async def _create(self, **columns: object) -> ProjectValue:
        # Who creates one holds the built-in one, so that two at once do not pass the limit.
        await self._session.execute(
            select(Project.id)
            .where(Project.id == BUILTIN_PROJECT_ID)
            .with_for_update(key_share=True)
        )
        others = (Project.deleted_at.is_(None), Project.id != BUILTIN_PROJECT_ID)
        count = await self._session.scalar(select(func.count()).where(*others)) or 0
        if count >= self._limits.max_projects:
            raise LimitReached(
                f"There are {count:,} projects, as many as there may be. Delete one first."
            )
        new = insert(Project).values(columns)
        project_id = await self._session.scalar(new.on_conflict_do_nothing().returning(Project.id))
        if project_id is None:
            raise ProjectNameTaken
        return await self._read(project_id)

    async def list(self) -> Sequence[ProjectValue]:
        query = _query().order_by(
            Project.id == BUILTIN_PROJECT_ID, func.lower(Project.name), Project.name
        )
        return [_value(row) for row in await self._session.execute(query)]

    async def get(self, project: str) -> ProjectValue:
        return await self._read(await self.resolve(project))

    async def resolve(self, project: str) -> UUID:
        named: ColumnElement[bool] = Project.name == project
        if (project_id := as_id(project)) is not None:
            named = or_(named, Project.id == project_id)
        query = select(Project.id).where(named, Project.deleted_at.is_(None))
        found = (await self._session.scalars(query)).all()
        if not found:
            raise ProjectNotFound
        # One may bear the id of another as its name.
        return project_id if project_id is not None and project_id in found else found[0]

    async def update(
        self,
        project_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        classification_type: ClassificationType | None = None,
        is_default: bool | None = None,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        if is_default:
            # First, because it waits for whoever publishes, who then waits for the project.
            await publishing.set_default(self._session, project_id)
        changes = {
            "name": name,
            "description": description,
            "classification_type": classification_type,
            "domain_id": domain_id,
            "settings": settings,
        }
        changes = {column: value for column, value in changes.items() if value is not None}
        if changes:
            await self._change(project_id, changes)
        return await self._read(project_id)

    async def delete(self, project_id: UUID) -> None:
        await lock_project(self._session, project_id)
        if await publishing.is_published(self._session, project_id):
            raise ProjectPublished
        await delete_images(self._session, self._storage, TrainingImage.project_id == project_id)
        await self._session.execute(delete(Tag).where(Tag.project_id == project_id))
        await self._delete_iterations(project_id)
        await self._session.execute(
            update(Project).where(Project.id == project_id).values(deleted_at=func.now())
        )

    async def _change(self, project_id: UUID, changes: Mapping[str, object]) -> None:
        kind = await lock_project(self._session, project_id)
        wanted = changes.get("classification_type", kind)
        if wanted == ClassificationType.MULTICLASS != kind and await self._has_several(project_id):
            raise OneTagOnly(
                "Some images have several tags, and an image of a Multiclass project has one. "
                "Take tags off them first."
            )
        try:
            await self._session.execute(
                update(Project)
                .where(Project.id == project_id)
                .values(changes)
                .execution_options(synchronize_session=False)
            )
        except IntegrityError as error:
            raise ProjectNameTaken from error
        if "name" in changes:
            await publishing.announce(self._session)

    async def _has_several(self, project_id: UUID) -> bool:
        several = (
            select(ImageTag.image_id)
            .join(TrainingImage, TrainingImage.id == ImageTag.image_id)
            .where(TrainingImage.project_id == project_id)
            .group_by(ImageTag.image_id)
            .having(func.count() > 1)
        )
        return await self._session.scalar(several.limit(1)) is not None

    async def _delete_iterations(self, project_id: UUID) -> None:
        """What trains is told to stop; the rows stay for the predictions they made."""
        is_running = Iteration.status.in_(IN_PROGRESS)
        await self._session.execute(
            update(Iteration)
            .where(Iteration.project_id == project_id, is_running)
            .values(is_cancel_requested=True, status=IterationStatus.CANCELLED)
            .execution_options(synchronize_session=False)
        )
        gone = await self._session.scalars(
            update(Iteration)
            .where(Iteration.project_id == project_id, Iteration.deleted_at.is_(None))
            .values(deleted_at=func.now())
            .returning(Iteration.id)
            .execution_options(synchronize_session=False)
        )
        keys = [key for iteration_id in gone for key in file_keys(iteration_id)]
        after_commit(self._session, partial(delete_files, self._storage, keys))

    async def _read(self, project_id: UUID) -> ProjectValue:
        row = (await self._session.execute(_query().where(Project.id == project_id))).one_or_none()
        if row is None:
            raise ProjectNotFound
        return _value(row)


def _names() -> Select[str]:
    return select(Project.name).where(Project.deleted_at.is_(None))


def _query() -> Select[Project, int, int, int]:
    tags = select(func.count()).where(Tag.project_id == Project.id).scalar_subquery()
    of_project = TrainingImage.project_id == Project.id
    images = select(func.count()).where(of_project).scalar_subquery()
    untagged = select(func.count()).where(of_project, TrainingImage.is_untagged).scalar_subquery()
    return (
        select(Project, tags, images, untagged)
        .where(Project.deleted_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _value(row: Row[Project, int, int, int]) -> ProjectValue:
    project, tags, images, untagged = row
    return ProjectValue(
        id=project.id,
        name=project.name,
        description=project.description,
        classification_type=ClassificationType(project.classification_type),
        is_builtin=project.id == BUILTIN_PROJECT_ID,
        is_default=project.is_default,
        tag_count=tags,
        image_count=images,
        untagged_count=untagged,
        created_at=project.created_at,
        updated_at=project.updated_at,
        domain_id=project.domain_id,
        settings=project.settings,
        status=ProjectStatus(project.status),
    )
