"""Queries on training images and their tags."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, Uuid, column, func, select, true, values
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Tag, TrainingImage
from classifr.vision.values import ImageTagValue, ImageValue


def page(
    project_id: UUID,
    *,
    tag_ids: Sequence[UUID],
    is_untagged: bool,
    after: UUID | None,
    limit: int,
) -> Select[UUID]:
    """The ids of a page, newest first, which is by id."""
    if tag_ids:
        return _page_of_tags(tag_ids, after=after, limit=limit)
    query = select(TrainingImage.id).where(TrainingImage.project_id == project_id)
    if is_untagged:
        query = query.where(TrainingImage.is_untagged)
    if after is not None:
        query = query.where(TrainingImage.id < after)
    return query.order_by(TrainingImage.id.desc()).limit(limit)


def _page_of_tags(tag_ids: Sequence[UUID], *, after: UUID | None, limit: int) -> Select[UUID]:
    """Of each tag as many as the page may need, from its own index; of those the newest."""
    tags = values(column("id", Uuid), name="chosen").data([(tag_id,) for tag_id in tag_ids])
    newest = select(ImageTag.image_id).where(ImageTag.tag_id == tags.c.id)
    if after is not None:
        newest = newest.where(ImageTag.image_id < after)
    each = newest.order_by(ImageTag.image_id.desc()).limit(limit).lateral("each")
    found = select(each.c.image_id).select_from(tags.join(each, true())).distinct()
    return found.order_by(each.c.image_id.desc()).limit(limit)


async def read_values(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[ImageValue]:
    """These images with their tags by name, in the order of the ids; without those that went."""
    images = select(TrainingImage).where(TrainingImage.id.in_(ids))
    borne = (
        select(ImageTag.image_id, Tag.id, Tag.name, ImageTag.created_at)
        .join(Tag, Tag.id == ImageTag.tag_id)
        .where(ImageTag.image_id.in_(ids))
        .order_by(Tag.name)
    )
    tags: dict[UUID, list[ImageTagValue]] = {}
    for image_id, tag_id, name, since in await session.execute(borne):
        tags.setdefault(image_id, []).append(ImageTagValue(tag_id, name, since))
    rows = {image.id: image for image in await session.scalars(images)}
    return [_value(rows[image_id], tags.get(image_id, [])) for image_id in ids if image_id in rows]


async def known_ids(
    session: AsyncSession, project_id: UUID, image_ids: Sequence[UUID]
) -> set[UUID]:
    """Which of these images the project has."""
    query = select(TrainingImage.id).where(
        TrainingImage.id.in_(image_ids), TrainingImage.project_id == project_id
    )
    return set(await session.scalars(query))


async def ids_by_sha256(
    session: AsyncSession, project_id: UUID, sha256s: Sequence[str]
) -> dict[str, UUID]:
    """Which of these files the project has."""
    query = select(TrainingImage.sha256, TrainingImage.id).where(
        TrainingImage.project_id == project_id, TrainingImage.sha256.in_(sha256s)
    )
    return dict((await session.execute(query)).all())


async def count_images(session: AsyncSession, project_id: UUID) -> int:
    """How many images the project has."""
    query = select(func.count()).where(TrainingImage.project_id == project_id)
    return await session.scalar(query) or 0


def _value(image: TrainingImage, tags: list[ImageTagValue]) -> ImageValue:
    return ImageValue(
        id=image.id,
        name=image.name,
        width=image.width,
        height=image.height,
        format=image.format,
        size_bytes=image.size_bytes,
        sha256=image.sha256,
        tags=tags,
        created_at=image.created_at,
        metadata=image.details,
    )
