"""Metadata: what clients note of images."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import TrainingImage
from classifr.vision.schemas import MOST_METADATA_PAIRS
from classifr.vision.values import MetadataStatus, NotedImage


async def note(
    session: AsyncSession,
    project_id: UUID,
    image_ids: Sequence[UUID],
    metadata: Mapping[str, str],
) -> Sequence[NotedImage]:
    """As `Images.note`. Their project is held."""
    query = select(TrainingImage.id, TrainingImage.details).where(
        TrainingImage.project_id == project_id, TrainingImage.id.in_(image_ids)
    )
    merged = {row.id: row.details | dict(metadata) for row in await session.execute(query)}
    fitting = [image_id for image_id, pairs in merged.items() if len(pairs) <= MOST_METADATA_PAIRS]
    await session.execute(
        update(TrainingImage)
        .where(TrainingImage.id.in_(fitting))
        .values(details=TrainingImage.details.concat(literal(dict(metadata), JSONB)))
        .execution_options(synchronize_session=False)
    )
    return [_noted(image_id, merged.get(image_id)) for image_id in image_ids]


def _noted(image_id: UUID, merged: Mapping[str, str] | None) -> NotedImage:
    if merged is None:
        return NotedImage(image_id, MetadataStatus.NOT_FOUND, None)
    if len(merged) > MOST_METADATA_PAIRS:
        return NotedImage(image_id, MetadataStatus.LIMIT, None)
    return NotedImage(image_id, MetadataStatus.OK, merged)
