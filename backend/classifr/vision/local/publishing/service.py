"""Which iterations answer, and under which names. All of it in the caller's transaction."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration, Project, Publication
from classifr.errors import (
    BuiltinProject,
    IterationNotFound,
    IterationNotPublished,
    IterationNotTrained,
    IterationPublished,
    NothingToRollBack,
    ProjectNotFound,
    PublishedNameTaken,
)
from classifr.kinds import IterationStatus
from classifr.vision.local.publishing import publications
from classifr.vision.port import BUILTIN_PROJECT_ID

#: Told when anything changed that answers: models, their names, their tags' names, the default.
CHANNEL = "classifr_published"
# Any number that nothing else of ours locks.
_ONE_AT_A_TIME = 5_077_001

Row = TypeVar("Row")


async def publish(
    session: AsyncSession,
    project_id: UUID,
    iteration_id: UUID,
    *,
    name: str,
    username: str,
    replace: bool = False,
    make_default: bool | None = None,
    resource_id: str | None = None,
) -> Iteration:
    """As `Iterations.publish`. The change is announced once the transaction is committed."""
    await _lock_project(session, project_id)
    iteration = await _lock_iteration(session, project_id, iteration_id)
    before = await _holder(session, project_id, name)
    if before is not None and before.id != iteration_id and not replace:
        raise PublishedNameTaken.by(before.name, name)
    await _put_in_place(session, iteration, name=name, username=username, make_default=make_default)
    iteration.publish_resource_id = resource_id
    await session.flush()
    return iteration


async def unpublish(session: AsyncSession, project_id: UUID, iteration_id: UUID) -> Iteration:
    """As `Iterations.unpublish`. ImageNet answers by default if nobody is left to."""
    project = await _lock_project(session, project_id)
    iteration = await _lock_iteration(session, project_id, iteration_id)
    if iteration.published_name is None:
        raise IterationNotPublished
    await _take_down(session, iteration)
    if project.is_default and not await is_published(session, project_id):
        await _switch_default(session, BUILTIN_PROJECT_ID)
    await announce(session)
    return iteration


async def roll_back(
    session: AsyncSession, project_id: UUID, *, name: str | None, username: str
) -> Iteration:
    """As `Iterations.roll_back`. Once more goes back further; an unpublished name is restored."""
    await _lock_project(session, project_id)
    name, earlier_id = await _find_earlier(session, project_id, name)
    iteration = await _lock_iteration(session, project_id, earlier_id)
    return await _put_in_place(session, iteration, name=name, username=username, make_default=None)


async def earlier_iteration(
    session: AsyncSession, project_id: UUID, *, name: str | None
) -> Iteration:
    """As `Iterations.earlier`."""
    _, earlier_id = await _find_earlier(session, project_id, name)
    return await session.get_one(Iteration, earlier_id)


async def set_default(session: AsyncSession, project_id: UUID) -> None:
    """Have this project answer predictions that name none.

    Raises: ProjectNotFound, IterationNotPublished if nothing of it is published.
    """
    await _lock_project(session, project_id, may_be_builtin=True)
    if not await is_published(session, project_id):
        raise IterationNotPublished(
            "Nothing of this project is published, so it cannot answer. Publish an iteration first."
        )
    await _switch_default(session, project_id)
    await announce(session)


async def is_published(session: AsyncSession, project_id: UUID) -> bool:
    """Whether an iteration of the project answers under a name."""
    query = select(Iteration.id).where(
        Iteration.project_id == project_id, Iteration.published_name.is_not(None)
    )
    return await session.scalar(query.limit(1)) is not None


async def announce(session: AsyncSession) -> None:
    """Have every process look again at what is published, once the transaction is committed."""
    await session.execute(select(func.pg_notify(CHANNEL, "")))


async def _find_earlier(
    session: AsyncSession, project_id: UUID, name: str | None
) -> tuple[str, UUID]:
    """The published name, and the iteration it goes back to. Raises: NothingToRollBack."""
    name = name or await publications.latest_name(session, project_id)
    if name is None:
        raise NothingToRollBack("Nothing was ever published in this project.")
    holder = await _holder(session, project_id, name)
    earlier = await publications.earlier_holder(
        session, project_id, name=name, holder_id=holder.id if holder else None
    )
    if earlier is None:
        raise NothingToRollBack(f"No earlier iteration was published as “{name}”.")
    return name, earlier


async def _put_in_place(
    session: AsyncSession,
    iteration: Iteration,
    *,
    name: str,
    username: str,
    make_default: bool | None,
) -> Iteration:
    if iteration.status != IterationStatus.COMPLETED:
        raise IterationNotTrained
    if iteration.published_name is not None:
        raise IterationPublished.under(iteration.name, iteration.published_name)
    before = await _holder(session, iteration.project_id, name)
    if before is not None:
        await _take_down(session, before)
    iteration.published_name = name
    # Not `now()`, when the transaction began: it may have waited for another since.
    iteration.published_at = await session.scalar(select(func.clock_timestamp()))
    session.add(
        Publication(
            project_id=iteration.project_id,
            iteration_id=iteration.id,
            name=name,
            username=username,
            published_at=iteration.published_at,
        )
    )
    if make_default is None:
        make_default = await _default_project_id(session) in (None, BUILTIN_PROJECT_ID)
    if make_default:
        await _switch_default(session, iteration.project_id)
    await session.flush()
    await announce(session)
    return iteration


async def _take_down(session: AsyncSession, iteration: Iteration) -> None:
    iteration.published_name = None
    iteration.published_at = None
    iteration.publish_resource_id = None
    await session.flush()
    await publications.close(session, iteration.id)


async def _lock_project(
    session: AsyncSession, project_id: UUID, *, may_be_builtin: bool = False
) -> Project:
    """The project, locked until the transaction ends; nobody else publishes meanwhile."""
    if project_id == BUILTIN_PROJECT_ID and not may_be_builtin:
        raise BuiltinProject
    # The default is one row of several projects: locking their rows alone could deadlock.
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    query = select(Project).where(Project.id == project_id, Project.deleted_at.is_(None))
    project = await session.scalar(_for_update(query))
    if project is None:
        raise ProjectNotFound
    return project


async def _lock_iteration(session: AsyncSession, project_id: UUID, iteration_id: UUID) -> Iteration:
    query = select(Iteration).where(
        Iteration.id == iteration_id,
        Iteration.project_id == project_id,
        Iteration.deleted_at.is_(None),
    )
    iteration = await session.scalar(_for_update(query))
    if iteration is None:
        raise IterationNotFound
    return iteration


async def _holder(session: AsyncSession, project_id: UUID, name: str) -> Iteration | None:
    """The iteration that answers under the name now."""
    query = select(Iteration).where(
        Iteration.project_id == project_id, Iteration.published_name == name
    )
    return await session.scalar(_for_update(query))


async def _default_project_id(session: AsyncSession) -> UUID | None:
    return await session.scalar(select(Project.id).where(Project.is_default))


async def _switch_default(session: AsyncSession, project_id: UUID) -> None:
    # One after the other: there is never more than one default.
    await session.execute(
        update(Project).where(Project.is_default, Project.id != project_id).values(is_default=False)
    )
    await session.execute(
        update(Project).where(Project.id == project_id, ~Project.is_default).values(is_default=True)
    )


def _for_update(query: Select[Row]) -> Select[Row]:
    # What the session read before it had the lock may be out of date.
    return query.with_for_update().execution_options(populate_existing=True)
