"""Images that nobody judged, or that were kept for long enough, are deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from classifr.database.session import Database, after_commit
from classifr.predictions import repository
from classifr.predictions.stored import repository as stored_rows
from classifr.predictions.stored import service as stored
from classifr.storage.orphans import delete_orphans
from classifr.storage.port import Storage

_BATCH = 200


async def sweep_pending(database: Database, storage: Storage, *, keep: timedelta) -> int:
    """Delete images that waited longer than `keep` for a verdict; how many there were.

    The prediction itself stays. Several processes may sweep at once: each takes other rows.
    """
    swept = 0
    while True:
        async with database.transaction() as session:
            cutoff = await repository.database_now(session) - keep
            waiting = await repository.lock_unjudged(session, created_before=cutoff, limit=_BATCH)
            for prediction in waiting:
                after_commit(session, partial(storage.delete, str(prediction.image_key)))
                prediction.image_key = None
        swept += len(waiting)
        if len(waiting) < _BATCH:
            return swept


async def sweep_stored(database: Database, storage: Storage) -> int:
    """Let go of stored predictions whose time has passed; how many there were."""
    swept = 0
    while True:
        async with database.transaction() as session:
            expired = await stored_rows.lock_expired(session, limit=_BATCH)
            for prediction in expired:
                stored.forget(session, storage, prediction)
        swept += len(expired)
        if len(expired) < _BATCH:
            return swept


async def sweep_prediction_orphans(database: Database, storage: Storage, *, keep: timedelta) -> int:
    """Delete files older than `keep` that should have a prediction and have none; how many."""

    async def named(keys: Sequence[str]) -> set[str]:
        async with database.transaction() as session:
            return await repository.named_image_keys(session, keys)

    cutoff = datetime.now(UTC) - keep
    return sum(
        [
            await delete_orphans(storage, prefix, older_than=cutoff, named_keys=named)
            for prefix in ("pending/", "stored/")
        ]
    )
