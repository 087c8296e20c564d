"""Queries for the images that a filter means, by places rather than by a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Iteration, Tag, TrainingImage
from classifr.errors import IterationNotFound
from classifr.kinds import ImageOrder
from classifr.vision.values import ImageFilter, MetadataTest


@dataclass(frozen=True)
class Choice:
    """An `ImageFilter` with what the database says of the things it names."""

    project_id: UUID
    filter: ImageFilter
    tag_ids: Sequence[UUID] | None  #: Any of them, if not None.
    until: datetime | None = None  #: Those added since were not learned from.

    @property
    def conditions(self) -> ColumnElement[bool]:
        """What an image must meet."""
        conditions = [TrainingImage.project_id == self.project_id]
        if self.filter.is_tagged is not None:
            # As the index of untagged images says it.
            is_untagged: SQLColumnExpression[bool] = TrainingImage.is_untagged
            conditions.append(~is_untagged if self.filter.is_tagged else and_(is_untagged))
        if self.tag_ids is not None:
            borne = ImageTag.image_id == TrainingImage.id, ImageTag.tag_id.in_(self.tag_ids)
            conditions.append(exists().where(*borne))
        if self.until is not None:
            conditions.append(TrainingImage.created_at <= self.until)
        if self.filter.metadata:
            groups = (and_(*map(_test, group)) for group in self.filter.metadata)
            conditions.append(or_(*groups))
        return and_(*conditions)

    @property
    def is_by_tag_alone(self) -> bool:
        """Whether the tags tell all, so that their index does."""
        return (
            self.tag_ids is not None
            and self.until is None
            and not self.filter.metadata
            and self.filter.is_tagged is not False
        )


async def read_choice(session: AsyncSession, project_id: UUID, chosen: ImageFilter) -> Choice:
    """Raises: IterationNotFound."""
    until, learned = None, None
    if chosen.iteration_id is not None:
        until, learned = await _read_iteration(session, project_id, chosen.iteration_id)
    if chosen.tag_ids:
        own = select(Tag.id).where(Tag.project_id == project_id, Tag.id.in_(chosen.tag_ids))
        return Choice(project_id, chosen, (await session.scalars(own)).all(), until)
    return Choice(project_id, chosen, learned if chosen.is_tagged else None, until)


def page(choice: Choice, *, order: ImageOrder, skip: int, limit: int) -> Select[UUID]:
    """The ids of the images at these places."""
    if choice.tag_ids is not None and choice.is_by_tag_alone:
        found = _of_tags(choice.tag_ids, order=order, most=skip + limit)
        query = found.order_by(_in_order(found.selected_columns.image_id, order))
    else:
        found = select(TrainingImage.id).where(choice.conditions)
        query = found.order_by(_in_order(TrainingImage.id, order))
    return query.offset(skip).limit(limit)


def count(choice: Choice) -> Select[int]:
    """How many there are."""
    if choice.tag_ids is not None and choice.is_by_tag_alone:
        return select(func.count(ImageTag.image_id.distinct())).where(
            ImageTag.tag_id.in_(choice.tag_ids)
        )
    return select(func.count()).select_from(TrainingImage).where(choice.conditions)


def _of_tags(tag_ids: Sequence[UUID], *, order: ImageOrder, most: int) -> Select[UUID]:
    """Of each tag as many as the page may need, from its own index."""
    tags = select(Tag.id).where(Tag.id.in_(tag_ids)).subquery("chosen")
    borne = select(ImageTag.image_id).where(ImageTag.tag_id == tags.c.id)
    each = borne.order_by(_in_order(ImageTag.image_id, order)).limit(most).lateral("each")
    return select(each.c.image_id).select_from(tags.join(each, true())).distinct()


def _in_order(key: SQLColumnExpression[UUID], order: ImageOrder) -> ColumnElement[UUID]:
    return key.asc() if order is ImageOrder.OLDEST else key.desc()


def _test(test: MetadataTest) -> ColumnElement[bool]:
    noted: ColumnElement[str] = TrainingImage.details[test.key].astext
    return noted == test.value if test.is_equal else noted.is_distinct_from(test.value)


async def _read_iteration(
    session: AsyncSession, project_id: UUID, iteration_id: UUID
) -> tuple[datetime, Sequence[UUID] | None]:
    """Until when images were learned from, and the tags; None if they are not known yet.

    Raises: IterationNotFound.
    """
    query = select(func.coalesce(Iteration.started_at, func.now()), Iteration.tags).where(
        Iteration.id == iteration_id,
        Iteration.project_id == project_id,
        Iteration.deleted_at.is_(None),
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise IterationNotFound
    until, tags = found
    return until, [UUID(tag["id"]) for tag in tags] or None
