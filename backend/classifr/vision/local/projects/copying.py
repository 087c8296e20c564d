"""The copying of a project, as a job: its tags, then its images, a few at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_pass
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Project, Tag, TrainingImage
from classifr.database.models.training_image import new_image_id
from classifr.database.session import Database, after_rollback
from classifr.errors import ImageGone, ProjectNotFound, StorageFull, Unavailable
from classifr.jobs.attempts import Attempt
from classifr.kinds import ProjectStatus
from classifr.storage.port import Storage
from classifr.vision.local.images.deletion import delete_files
from classifr.vision.local.images.files import image_key
from classifr.vision.local.images.rows import ids_by_sha256
from classifr.vision.local.locks import lock_project

logger = structlog.get_logger()

_IMAGES_AT_ONCE = 32
_FILES_AT_ONCE = 4
# What a copy has of its original's image beside its file and its project.
_KEPT = ("sha256", "name", "width", "height", "format", "size_bytes", "details")


@dataclass(frozen=True)
class _Copy:
    """A project that is to get what another one has."""

    project_id: UUID
    original_id: UUID


@dataclass(frozen=True)
class _Found:
    """An image of the original."""

    image: TrainingImage
    tag_ids: Sequence[UUID]


@dataclass(frozen=True)
class _Planned:
    """An image of the original on its way into the copy."""

    found: _Found
    image_id: UUID
    key: str  #: Of its new file.

    @classmethod
    def of(cls, copy: _Copy, found: _Found) -> "_Planned":
        image_id = new_image_id()
        return cls(found, image_id, image_key(copy.project_id, image_id))

    def row(self, copy: _Copy, tags: Mapping[UUID, UUID]) -> dict[str, object]:
        kept = {column: getattr(self.found.image, column) for column in _KEPT}
        return {
            **kept,
            "id": self.image_id,
            "project_id": copy.project_id,
            "image_key": self.key,
            "is_untagged": not self.tag_rows(tags),
        }

    def tag_rows(self, tags: Mapping[UUID, UUID]) -> list[dict[str, UUID]]:
        # A tag that came after the others were copied is left out.
        chosen = (tags[tag_id] for tag_id in self.found.tag_ids if tag_id in tags)
        return [{"image_id": self.image_id, "tag_id": tag_id} for tag_id in chosen]


class ProjectCopier:
    """Fills the projects that are copies."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._places = asyncio.Semaphore(_FILES_AT_ONCE)

    async def copy(self, attempt: Attempt) -> None:
        """Fill the project of the attempt; its status tells how that ended.

        It may be done again after any interruption, and then goes on where it was: images are told
        apart by their SHA-256. Raises: Unavailable if it may be tried again.
        """
        copy = await self._find(attempt.row_id)
        if copy is None:
            return
        try:
            if not attempt.is_one_too_many:
                await self._fill(copy)
                await self._end(copy, ProjectStatus.SUCCEEDED)
                return
            logger.warning("copy_given_up", project_id=str(copy.project_id))
        except Unavailable:
            if not attempt.is_last:
                raise
            logger.warning("copy_failed", project_id=str(copy.project_id), exc_info=True)
        except ProjectNotFound:
            # One of the two was deleted meanwhile.
            logger.info("copy_abandoned", project_id=str(copy.project_id))
        except StorageFull as error:
            logger.warning("copy_failed", project_id=str(copy.project_id), reason=error.detail)
        except Exception:
            logger.exception("copy_failed", project_id=str(copy.project_id))
        await self._end(copy, ProjectStatus.FAILED)

    async def _find(self, project_id: UUID) -> _Copy | None:
        query = select(Project.id, Project.copied_from).where(_is_importing(project_id))
        async with self._database.transaction() as session:
            row = (await session.execute(query)).one_or_none()
        return _Copy(row.id, row.copied_from) if row is not None and row.copied_from else None

    async def _fill(self, copy: _Copy) -> None:
        tags = await self._copy_tags(copy)
        after: UUID | None = None
        while found := await self._next(copy, after):
            after = found[-1].image.id
            await self._copy_images(copy, found, tags)

    async def _copy_tags(self, copy: _Copy) -> Mapping[UUID, UUID]:
        """The tags of the copy by those of the original."""
        async with self._database.transaction() as session:
            await lock_project(session, copy.project_id)
            await _require(session, copy.original_id)
            originals = (
                await session.scalars(
                    select(Tag)
                    .where(Tag.project_id == copy.original_id)
                    .order_by(Tag.created_at, Tag.id)
                )
            ).all()
            for tag in originals:
                await session.execute(
                    insert_or_pass(Tag)
                    .values(
                        project_id=copy.project_id,
                        name=tag.name,
                        description=tag.description,
                        type=tag.type,
                        # It orders the outputs of a model.
                        created_at=tag.created_at,
                    )
                    .on_conflict_do_nothing()
                )
            made = select(Tag.name, Tag.id).where(Tag.project_id == copy.project_id)
            by_name = dict((await session.execute(made)).all())
        return {tag.id: by_name[tag.name] for tag in originals if tag.name in by_name}

    async def _next(self, copy: _Copy, after: UUID | None) -> Sequence[_Found]:
        """The images that follow, the oldest first, so that they are in the same order."""
        query = select(TrainingImage).where(TrainingImage.project_id == copy.original_id)
        if after is not None:
            query = query.where(TrainingImage.id > after)
        async with self._database.transaction() as session:
            await _require(session, copy.original_id)
            images = (
                await session.scalars(query.order_by(TrainingImage.id).limit(_IMAGES_AT_ONCE))
            ).all()
            borne = select(ImageTag).where(ImageTag.image_id.in_([image.id for image in images]))
            tag_ids: dict[UUID, list[UUID]] = {}
            for row in await session.scalars(borne):
                tag_ids.setdefault(row.image_id, []).append(row.tag_id)
        return [_Found(image, tag_ids.get(image.id, [])) for image in images]

    async def _copy_images(
        self, copy: _Copy, found: Sequence[_Found], tags: Mapping[UUID, UUID]
    ) -> None:
        async with self._database.transaction() as session:
            missing = await _without_known(session, copy, found)
        planned = [_Planned.of(copy, one) for one in missing]
        async with self._database.transaction() as session:
            # No connection is held before the first query, so not while files are copied.
            keys = [one.key for one in planned]
            after_rollback(session, partial(delete_files, self._storage, keys))
            there = await self._store_all(planned)
            await lock_project(session, copy.project_id)
            # Nobody has added the same image meanwhile whom this would not see.
            new = await _without_known(session, copy, missing)
            await _add(
                session,
                copy,
                [one for one in planned if one.key in there and one.found in new],
                tags,
            )

    async def _store_all(self, planned: Sequence[_Planned]) -> set[str]:
        """The keys of the files that were copied; others went meanwhile."""
        stored = await asyncio.gather(*map(self._store, planned))
        return {one.key for one, is_there in zip(planned, stored, strict=True) if is_there}

    async def _store(self, planned: _Planned) -> bool:
        """Copy a file; False if it went meanwhile."""
        async with self._places:
            try:
                data = await self._storage.get(planned.found.image.image_key)
            except ImageGone:
                return False
            await self._storage.put(planned.key, data, is_durable=True)
        return True

    async def _end(self, copy: _Copy, status: ProjectStatus) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                update(Project).where(_is_importing(copy.project_id)).values(status=status)
            )


async def _without_known(
    session: AsyncSession, copy: _Copy, found: Sequence[_Found]
) -> list[_Found]:
    sha256s = [one.image.sha256 for one in found]
    known = await ids_by_sha256(session, copy.project_id, sha256s)
    return [one for one in found if one.image.sha256 not in known]


async def _add(
    session: AsyncSession, copy: _Copy, stored: Sequence[_Planned], tags: Mapping[UUID, UUID]
) -> None:
    """Write the rows of images whose files are there. The project is held."""
    images = [one.row(copy, tags) for one in stored]
    pairs = [pair for one in stored for pair in one.tag_rows(tags)]
    if images:
        await session.execute(insert(TrainingImage), images)
    if pairs:
        await session.execute(insert(ImageTag), pairs)


async def _require(session: AsyncSession, project_id: UUID) -> None:
    """Raises: ProjectNotFound if it was deleted."""
    query = select(Project.id).where(Project.id == project_id, Project.deleted_at.is_(None))
    if await session.scalar(query) is None:
        raise ProjectNotFound


def _is_importing(project_id: UUID) -> ColumnElement[bool]:
    return and_(
        Project.id == project_id,
        Project.status == ProjectStatus.IMPORTING,
        Project.deleted_at.is_(None),
    )
