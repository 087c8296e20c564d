"""One change to a project at a time."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Project
from classifr.errors import BuiltinProject, ProjectNotFound
from classifr.kinds import ClassificationType
from classifr.vision.port import BUILTIN_PROJECT_ID


async def lock_project(session: AsyncSession, project_id: UUID) -> ClassificationType:
    """Hold a project until the transaction ends, and note that it changes; its kind.

    Whoever changes its tags or its images holds it, so that limits and rules are checked against
    what is really there. What the session read before may be out of date.
    Raises: ProjectNotFound, BuiltinProject.
    """
    require_own(project_id)
    touched = (
        update(Project)
        .where(Project.id == project_id, Project.deleted_at.is_(None))
        .values(updated_at=func.clock_timestamp())
        .returning(Project.classification_type)
        .execution_options(synchronize_session=False)
    )
    kind = await session.scalar(touched)
    if kind is None:
        raise ProjectNotFound
    return ClassificationType(kind)


def require_own(project_id: UUID) -> None:
    """Raises: BuiltinProject, which nobody changes."""
    if project_id == BUILTIN_PROJECT_ID:
        raise BuiltinProject
