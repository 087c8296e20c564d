"""The verdicts of a period, and the health of the process."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.monitoring import repository
from classifr.monitoring.schemas import DayVerdicts, ReadyRead, TagVerdicts, VerdictsRead
from classifr.state import State

LISTED_TAGS = 50


async def count_verdicts(session: AsyncSession, *, days: int) -> VerdictsRead:
    """Verdicts of the last `days` days, today included; days begin at midnight UTC."""
    today = datetime.now(UTC).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(), UTC)
    counted = {day: (ok, nok) for day, ok, nok in await repository.count_per_day(session, since)}
    all_days = [first + timedelta(days=offset) for offset in range(days)]
    per_day = [
        DayVerdicts(day=day, ok=ok, nok=nok)
        for day in all_days
        for ok, nok in [counted.get(day, (0, 0))]
    ]
    per_tag = [
        TagVerdicts(tag=tag, ok=ok, nok=nok, ok_rate=ok / (ok + nok))
        for tag, ok, nok in await repository.count_per_tag(session, since, limit=LISTED_TAGS)
    ]
    ok, nok = sum(day.ok for day in per_day), sum(day.nok for day in per_day)
    return VerdictsRead(
        since=first,
        ok=ok,
        nok=nok,
        unjudged=await repository.count_unjudged(session, since),
        ok_rate=ok / (ok + nok) if ok + nok else None,
        per_day=per_day,
        per_tag=per_tag,
    )


async def check_ready(state: State) -> ReadyRead:
    """Whether the model is loaded and the database answers."""
    model, database = state.vision.is_ready, await state.database.answers()
    if model and database:
        status = "ok"
    elif database and not state.start_failed:
        status = "starting"
    else:
        status = "unavailable"
    return ReadyRead(status=status, model=model, database=database)
