"""Queries on stored predictions: those with a time to be kept until, and an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from classifr.database.models import Prediction

# A tag's probability, as a condition on the tags of the row.
_TAG_BETWEEN = """
    exists (
        select from jsonb_array_elements(predictions.top) as likely
        where likely ->> 'tag_id' = :tag_{n}
            and (likely ->> 'probability')::float8 between :low_{n} and :high_{n}
    )
"""


class StoredOrder(StrEnum):
    """In which order stored predictions are listed. The words are Custom Vision's."""

    NEWEST = "Newest"
    OLDEST = "Oldest"
    SUGGESTED = "Suggested"  #: The least sure first: the most is learned from them.


@dataclass(frozen=True)
class TagBounds:
    """A tag, and between which probabilities it is to be."""

    tag_id: UUID
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class StoredFilter:
    """Which stored predictions are wanted; None is any."""

    iteration_id: UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    application: str | None = None
    tags: tuple[TagBounds, ...] = ()  #: All of them have to hold.


async def list_stored(
    session: AsyncSession,
    project_id: UUID,
    chosen: StoredFilter,
    *,
    order: StoredOrder,
    after: UUID | None,
    limit: int,
) -> Sequence[Prediction]:
    """Stored predictions of a project that follow the prediction `after`."""
    column, is_descending = _sorted_by(order)
    place = (column, Prediction.id)
    sort = [part.desc() for part in place] if is_descending else place
    query = select(Prediction).where(*_is_stored(project_id), *_conditions(chosen))
    if after is not None:
        last = select(column, Prediction.id).where(Prediction.id == after).scalar_subquery()
        row = tuple_(*place)
        query = query.where(row < last if is_descending else row > last)
    for number, tag in enumerate(chosen.tags):
        query = query.where(_tag_between(number, tag))
    return (await session.scalars(query.order_by(*sort).limit(limit))).all()


async def has_prediction(session: AsyncSession, project_id: UUID, prediction_id: UUID) -> bool:
    """Whether the project answered this, stored or not any more."""
    query = select(Prediction.id).where(
        Prediction.id == prediction_id, Prediction.project_id == project_id
    )
    return await session.scalar(query) is not None


async def lock_stored(
    session: AsyncSession, project_id: UUID, ids: Sequence[UUID]
) -> Sequence[Prediction]:
    """Those of the ids that are stored, locked until the transaction ends."""
    query = (
        select(Prediction)
        .where(Prediction.id.in_(ids), *_is_stored(project_id))
        .order_by(Prediction.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


async def lock_expired(session: AsyncSession, *, limit: int) -> Sequence[Prediction]:
    """Predictions kept for long enough; those others work on are left out."""
    query = (
        select(Prediction)
        .where(Prediction.kept_until.is_not(None), Prediction.kept_until < func.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def find_image_key(session: AsyncSession, prediction_id: UUID) -> str | None:
    """Where the image of a stored prediction lies; None if it is not stored any more."""
    query = select(Prediction.image_key).where(
        Prediction.id == prediction_id, Prediction.kept_until.is_not(None)
    )
    return await session.scalar(query)


def _is_stored(project_id: UUID) -> tuple[ColumnElement[bool], ...]:
    # A verdict lets the image go before its time; without it there is nothing to learn from.
    return (
        Prediction.project_id == project_id,
        Prediction.kept_until.is_not(None),
        Prediction.image_key.is_not(None),
    )


def _sorted_by(order: StoredOrder) -> tuple[InstrumentedAttribute[object], bool]:
    """The column, and whether the largest comes first."""
    if order is StoredOrder.SUGGESTED:
        return Prediction.probability, False
    return Prediction.created_at, order is StoredOrder.NEWEST


def _conditions(chosen: StoredFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if chosen.iteration_id is not None:
        conditions.append(Prediction.iteration_id == chosen.iteration_id)
    if chosen.created_from is not None:
        conditions.append(Prediction.created_at >= chosen.created_from)
    if chosen.created_to is not None:
        conditions.append(Prediction.created_at <= chosen.created_to)
    if chosen.application is not None:
        conditions.append(Prediction.application == chosen.application)
    return conditions


def _tag_between(number: int, tag: TagBounds) -> ColumnElement[bool]:
    bounds = {
        f"tag_{number}": str(tag.tag_id),
        f"low_{number}": tag.low,
        f"high_{number}": tag.high,
    }
    return text(_TAG_BETWEEN.format(n=number)).bindparams(**bounds)  # type: ignore[return-value]
