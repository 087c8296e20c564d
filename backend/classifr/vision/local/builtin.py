"""The built-in project, so that a fresh install answers before anyone has trained anything."""

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration, Project
from classifr.kinds import IterationStatus
from classifr.vision.port import BUILTIN_NAME, BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID

DEFAULT_PUBLISHED_NAME = "default"


async def ensure_builtin_project(session: AsyncSession) -> None:
    """Record the ImageNet project and publish its one iteration, unless that was done before."""
    project = insert(Project).values(
        id=BUILTIN_PROJECT_ID,
        name=BUILTIN_NAME,
        description="The thousand everyday tags the backbone knows by itself.",
        # Until another project's iteration is published.
        is_default=True,
    )
    await session.execute(project.on_conflict_do_nothing())
    iteration = insert(Iteration).values(
        id=IMAGENET_ITERATION_ID,
        project_id=BUILTIN_PROJECT_ID,
        number=1,
        name=BUILTIN_NAME,
        status=IterationStatus.COMPLETED,
        progress=1.0,
        published_name=DEFAULT_PUBLISHED_NAME,
        published_at=func.now(),
    )
    await session.execute(iteration.on_conflict_do_nothing())
