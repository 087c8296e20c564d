"""Another backbone: what the one before had embedded is embedded again, in small jobs."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.engine.learning.views import MORE_VIEWS, view_key
from classifr.jobs.deferring import defer
from classifr.vision.local.task_names import EMBED

#: Images of one job: trainings that wait in the line get their turn between two.
IMAGES_PER_JOB = 256

_BEHIND = text("""
    select id from projects
    where deleted_at is null and exists (
        select from training_images as image
        where image.project_id = projects.id
            and exists (
                select from embeddings where sha256 = image.sha256
                    and backbone <> all(cast(:own as varchar[]))
            )
            and not exists (
                select from embeddings where sha256 = image.sha256 and backbone = :backbone
            )
            and exists (select from image_tags where image_id = image.id)
    )
""")


async def defer_embedding(session: AsyncSession, backbone_key: str) -> None:
    """Line up a job for each project of which only another backbone has seen images.

    That embeds their plain view; the others are left to the next training that asks for them.
    """
    own = [backbone_key, *(view_key(backbone_key, view) for view in MORE_VIEWS)]
    values = {"backbone": backbone_key, "own": own}
    behind: list[UUID] = list(await session.scalars(_BEHIND, values))
    for project_id in behind:
        await defer(session, EMBED, project_id)
