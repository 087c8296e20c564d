"""The built-in project, so that a fresh install answers before anyone has trained anything."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration, Project
from classifr.vision.port import IMAGENET_ITERATION_ID

BUILTIN_NAME = "ImageNet"
DEFAULT_PUBLISHED_NAME = "default"


async def ensure_builtin_project(session: AsyncSession) -> None:
    """Record the ImageNet project and publish its one iteration, unless that was done before."""
    project = insert(Project).values(
        id=IMAGENET_ITERATION_ID,
        name=BUILTIN_NAME,
        description="The thousand everyday tags the backbone knows by itself.",
    )
    await session.execute(project.on_conflict_do_nothing())
    iteration = insert(Iteration).values(
        id=IMAGENET_ITERATION_ID,
        project_id=IMAGENET_ITERATION_ID,
        name=BUILTIN_NAME,
        published_name=DEFAULT_PUBLISHED_NAME,
    )
    await session.execute(iteration.on_conflict_do_nothing())
