"""Counts of verdicts."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Date, Integer, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction, Verdict

_OK = func.count().filter(Prediction.verdict == Verdict.OK)
_NOK = func.count().filter(Prediction.verdict == Verdict.NOK)


async def count_per_day(session: AsyncSession, since: datetime) -> Sequence[Row[date, int, int]]:
    """(day in UTC, OK, NOK) of each day with verdicts."""
    day = cast(func.timezone("UTC", Prediction.verdict_at), Date)
    query = select(day, _OK, _NOK).where(Prediction.verdict_at >= since).group_by(day)
    return (await session.execute(query)).all()


async def count_per_tag(
    session: AsyncSession, since: datetime, *, limit: int
) -> Sequence[Row[str, int, int]]:
    """(predicted tag, OK, NOK), most judged first."""
    query = (
        select(Prediction.tag, _OK, _NOK)
        .where(Prediction.verdict_at >= since)
        .group_by(Prediction.tag)
        .order_by(func.count().desc(), Prediction.tag)
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def count_unjudged(session: AsyncSession, since: datetime) -> int:
    """Predictions made since then that nobody judged."""
    query = select(func.count(type_=Integer)).where(
        Prediction.created_at >= since, Prediction.verdict.is_(None)
    )
    return (await session.execute(query)).scalar_one()
