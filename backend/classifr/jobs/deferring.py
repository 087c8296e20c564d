"""Put jobs in line, in the transaction of whoever asks for them."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

#: All jobs wait in one line, the oldest first.
QUEUE = "classifr"

# Nothing is put in line if the same job waits there already. procrastinate's own function tells
# the workers, once the transaction is committed.
_DEFER = text("""
    select procrastinate_defer_jobs_v1(array[row(
        cast(:queue as varchar), cast(:task as varchar), 0, cast(:key as text), cast(:key as text),
        cast(:ids as jsonb), null::timestamptz
    )]::procrastinate_job_to_defer_v1[])
    where not exists (
        select from procrastinate_jobs where queueing_lock = cast(:key as text) and status = 'todo'
    )
""")
_RUNS = text("""
    select exists (
        select from procrastinate_jobs as job
        join procrastinate_workers as worker on worker.id = job.worker_id
        where job.lock = cast(:key as text) and job.status = 'doing'
            and worker.last_heartbeat > now() - make_interval(secs => :stalled_seconds)
    )
""")
_IS_IN_LINE = text("""
    select exists (
        select from procrastinate_jobs
        where lock = cast(:key as text) and status in ('todo', 'doing')
    )
""")


async def defer(session: AsyncSession, task: str, row_id: UUID) -> None:
    """Have a worker do `task` for this row once the transaction is committed.

    It is put in line once, however often that is asked for before a worker takes it; and the same
    job never runs twice at a time.
    """
    values = {
        "queue": QUEUE,
        "task": task,
        "key": _key(task, row_id),
        "ids": json.dumps({"row_id": str(row_id)}),
    }
    try:
        async with session.begin_nested():
            await session.execute(_DEFER, values)
    except IntegrityError:
        # Another transaction has just put it in line.
        return


async def is_running(
    session: AsyncSession, task: str, row_id: UUID, *, stalled_seconds: float
) -> bool:
    """Whether a worker that is alive does `task` for this row now."""
    values = {"key": _key(task, row_id), "stalled_seconds": stalled_seconds}
    return bool(await session.scalar(_RUNS, values))


async def is_in_line(session: AsyncSession, task: str, row_id: UUID) -> bool:
    """Whether `task` for this row waits or runs."""
    return bool(await session.scalar(_IS_IN_LINE, {"key": _key(task, row_id)}))


def _key(task: str, row_id: UUID) -> str:
    return f"{task}:{row_id}"
