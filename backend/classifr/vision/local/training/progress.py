"""How far a training is: told by its threads, written to its row, and stopped from there."""

import asyncio
import time
from uuid import UUID

from sqlalchemy import text

from classifr.database.session import Database
from classifr.kinds import TrainingStage

#: At most so often is the row written, and looked at whether somebody cancelled.
REPORT_SECONDS = 0.5

# Nothing is found once it was cancelled, as it is when its project is deleted.
_REPORT = text("""
    update iterations
    set status = 'training', stage = :stage, progress = :progress, seconds_left = :seconds_left,
        started_at = coalesce(started_at, now())
    where id = :iteration_id and status in ('queued', 'training') and not is_cancel_requested
        and deleted_at is null
    returning id
""")


class TrainingStopped(Exception):
    """Somebody cancelled the training, or deleted what it was for."""


class TrainingProgress:
    """The share that is done, in [0, 1] and never less than before, and the seconds left."""

    def __init__(self) -> None:
        self.stage = TrainingStage.EMBEDDING
        self.share = 0.0
        self.seconds_left: float | None = None
        self._is_stopped = False
        self._embed_seconds = 0.0
        self._view_seconds = 0.0
        self._fit_seconds = 1.0
        self._deadline = 0.0
        self._began = time.monotonic()

    def plan(self, *, embed_seconds: float, fit_seconds: float, view_seconds: float = 0.0) -> None:
        """How long what is long will take, as far as can be told beforehand.

        view_seconds: of the embedding, for more views.
        """
        self._embed_seconds = embed_seconds
        self._view_seconds = view_seconds
        self._fit_seconds = fit_seconds
        self.seconds_left = embed_seconds + view_seconds + fit_seconds

    def enter(self, stage: TrainingStage) -> None:
        """A stage begins."""
        self.stage = stage
        self._began = time.monotonic()
        self.check()

    def embedded(self, share: float) -> None:
        """So much of the embedding is done, more views apart."""
        self._advance(share * self._embed_seconds)
        left = self._left(share, self._embed_seconds)
        self.seconds_left = left + self._view_seconds + self._fit_seconds

    def begin_views(self, deadline: float) -> None:
        """From now on more views are embedded, until the monotonic clock shows `deadline`."""
        self._began = time.monotonic()
        self._deadline = deadline

    def viewed(self, share: float) -> None:
        """So much of the embedding of more views is done; its time may be over before."""
        now = time.monotonic()
        left = max(0.0, self._deadline - now)
        by_time = (now - self._began) / max(now - self._began + left, 1e-9)
        self._advance(self._embed_seconds + max(share, by_time) * self._view_seconds)
        self.seconds_left = min(left, self._left(share, self._view_seconds)) + self._fit_seconds

    def fitted(self, share: float) -> None:
        """So much of the fitting is done; any thread may say so. Raises: TrainingStopped."""
        self.check()
        self._advance(self._embed_seconds + self._view_seconds + share * self._fit_seconds)
        self.seconds_left = self._left(share, self._fit_seconds)

    def stop(self) -> None:
        """Have the next report of a thread raise TrainingStopped."""
        self._is_stopped = True

    def check(self) -> None:
        """Raises: TrainingStopped if it is to end."""
        if self._is_stopped:
            raise TrainingStopped

    def _advance(self, seconds: float) -> None:
        """So many of the planned seconds are done."""
        share = seconds / (self._embed_seconds + self._view_seconds + self._fit_seconds)
        # The last hundredth is for storing.
        self.share = max(self.share, min(share, 0.99))

    def _left(self, share: float, expected: float) -> float:
        """Seconds left of a stage: as expected at first, then more and more by its own pace."""
        if share <= 0:
            return expected
        by_pace = (time.monotonic() - self._began) * (1 - share) / share
        return share * by_pace + (1 - share) * expected * (1 - share)


async def keep_reporting(
    database: Database, iteration_id: UUID, progress: TrainingProgress
) -> None:
    """Write the progress until cancelled. Raises: TrainingStopped, DatabaseUnavailable."""
    while True:
        await report(database, iteration_id, progress)
        await asyncio.sleep(REPORT_SECONDS)


async def report(database: Database, iteration_id: UUID, progress: TrainingProgress) -> None:
    """Write the progress once. Raises: TrainingStopped, DatabaseUnavailable."""
    values = {
        "iteration_id": iteration_id,
        "stage": progress.stage,
        "progress": progress.share,
        "seconds_left": progress.seconds_left,
    }
    async with database.lone_statement() as session:
        if await session.scalar(_REPORT, values) is None:
            raise TrainingStopped
