"""Queries on predictions."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction, StoredTag
from classifr.database.session import Database

_INSERT = """
insert into predictions (id, user_id, project_id, iteration_id, project, iteration, tag,
                         probability, top, image_sha256, image_key, kept_until, application,
                         created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


@dataclass(frozen=True, slots=True)
class NewPrediction:
    """A row before anything happened to it. `Prediction` says what each column is."""

    # No object of the ORM, which would take longer to fill than the database to insert it.
    id: UUID
    user_id: int
    project_id: UUID
    iteration_id: UUID
    project: str
    iteration: str
    tag: str
    probability: float
    top: list[StoredTag]
    image_sha256: str
    image_key: str | None
    created_at: datetime
    kept_until: datetime | None = None
    application: str | None = None


async def insert_prediction(database: Database, prediction: NewPrediction) -> None:
    """Insert the row of an image just classified, and commit it.

    The image beside it is not flushed to the disk either.
    """
    await database.execute_alone(
        _INSERT,
        prediction.id,
        prediction.user_id,
        prediction.project_id,
        prediction.iteration_id,
        prediction.project,
        prediction.iteration,
        prediction.tag,
        prediction.probability,
        to_json(prediction.top).decode(),
        prediction.image_sha256,
        prediction.image_key,
        prediction.kept_until,
        prediction.application,
        prediction.created_at,
    )


async def lock_prediction(
    session: AsyncSession, *, prediction_id: UUID, user_id: int
) -> Prediction | None:
    """The user's own prediction, locked until the transaction ends."""
    query = (
        select(Prediction)
        .where(Prediction.id == prediction_id, Prediction.user_id == user_id)
        .with_for_update()
    )
    return await session.scalar(query)


async def lock_unjudged(
    session: AsyncSession, *, created_before: datetime, limit: int
) -> Sequence[Prediction]:
    """Predictions whose image still waits for a verdict; those others work on are left out."""
    query = (
        select(Prediction)
        .where(
            Prediction.image_key.is_not(None),
            Prediction.verdict.is_(None),
            # Those have a time of their own.
            Prediction.kept_until.is_(None),
            Prediction.created_at < created_before,
        )
        .order_by(Prediction.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def named_image_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Which of these keys the prediction whose id they end in still names."""
    # By id, because there is no index of keys.
    query = select(Prediction.image_key).where(Prediction.id.in_(list(_ids_in(keys))))
    return {key for key in await session.scalars(query) if key is not None}


async def database_now(session: AsyncSession) -> datetime:
    """The database's clock, which all processes share."""
    return (await session.execute(select(func.now()))).scalar_one()


def _ids_in(keys: Sequence[str]) -> Iterator[UUID]:
    for key in keys:
        with suppress(ValueError):
            yield UUID(key.rpartition("/")[2])
