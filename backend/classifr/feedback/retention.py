"""Files of wrong predictions that are no longer there, or never came to be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from classifr.database.session import Database
from classifr.feedback import repository
from classifr.storage.orphans import delete_orphans
from classifr.storage.port import Storage


async def sweep_wrong_orphans(database: Database, storage: Storage, *, keep: timedelta) -> int:
    """Delete images older than `keep` that no wrong prediction names; how many."""

    async def named(keys: Sequence[str]) -> set[str]:
        async with database.transaction() as session:
            return await repository.named_image_keys(session, keys)

    cutoff = datetime.now(UTC) - keep
    return await delete_orphans(storage, "wrong/", older_than=cutoff, named_keys=named)
