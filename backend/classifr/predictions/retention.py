"""Images nobody judged are deleted after a while; so are files no row names."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from classifr.database.session import Database, after_commit
from classifr.errors import ClassifrError
from classifr.predictions import repository
from classifr.storage.port import Storage

logger = structlog.get_logger()

_BATCH = 200


async def sweep_forever(
    database: Database, storage: Storage, *, keep: timedelta, every: timedelta
) -> None:
    """Sweep at intervals until cancelled; a failed sweep is logged and tried again later."""
    while True:
        try:
            swept = await sweep_pending(database, storage, keep=keep)
            if swept:
                logger.info("pending_images_swept", images=swept)
        except ClassifrError as error:
            logger.warning("sweep_failed", error=error.code)
        await asyncio.sleep(every.total_seconds())


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
            return swept + await _sweep_orphans(database, storage, keep=keep)


async def _sweep_orphans(database: Database, storage: Storage, *, keep: timedelta) -> int:
    """Delete old files that a crash left without a row."""
    async with database.transaction() as session:
        cutoff = await repository.database_now(session) - keep
    old = [found.key async for found in storage.list("pending/") if found.modified_at < cutoff]
    swept = 0
    for start in range(0, len(old), _BATCH):
        keys = old[start : start + _BATCH]
        async with database.transaction() as session:
            orphans = set(keys) - await repository.known_image_keys(session, keys)
        for key in orphans:
            await storage.delete(key)
        swept += len(orphans)
    return swept
