"""What every process tidies at intervals. All of it may run in several at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from classifr.accounts import service as accounts
from classifr.feedback.retention import sweep_wrong_orphans
from classifr.predictions.retention import sweep_pending, sweep_prediction_orphans, sweep_stored
from classifr.state import State

logger = structlog.get_logger()

# Files that a crash left without a row are rare, and looking for them walks whole folders.
_ORPHANS_EVERY = timedelta(hours=1)


async def keep_tidy(state: State) -> None:
    """Tidy until cancelled."""
    retention = state.settings.retention
    keep = timedelta(hours=retention.pending_hours)
    places = (state.database, state.storage)
    await asyncio.gather(
        _repeat(
            timedelta(minutes=retention.sweep_minutes),
            lambda: sweep_pending(*places, keep=keep),
        ),
        _repeat(timedelta(minutes=retention.sweep_minutes), lambda: sweep_stored(*places)),
        _repeat(_ORPHANS_EVERY, lambda: sweep_prediction_orphans(*places, keep=keep)),
        _repeat(_ORPHANS_EVERY, lambda: sweep_wrong_orphans(*places, keep=keep)),
        _repeat(_ORPHANS_EVERY, lambda: state.vision.tidy(keep=keep)),
        _repeat(
            timedelta(minutes=state.settings.accounts.attempts_window_minutes),
            lambda: accounts.forget_old_attempts(state.database, state.settings.accounts),
        ),
    )


async def _repeat(every: timedelta, task: Callable[[], Awaitable[object]]) -> None:
    """Run `task` now and then; one that fails is logged, and tried again at its next turn."""
    while True:
        try:
            done = await task()
        except Exception:
            logger.exception("upkeep_failed")
        else:
            if done:
                logger.info("tidied", count=done)
        await asyncio.sleep(every.total_seconds())
