"""Objects that a crash left in the storage without a row that names them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from classifr.storage.port import Storage

_BATCH = 500

NamedKeys = Callable[[Sequence[str]], Awaitable[set[str]]]


async def delete_orphans(
    storage: Storage, prefix: str, *, older_than: datetime, named_keys: NamedKeys
) -> int:
    """Delete what lies under `prefix` and nothing names; how many objects that was.

    older_than: younger objects are left alone, for their row may be on its way.
    named_keys: those of the given keys that a row names.
    """
    old = [found.key async for found in storage.list(prefix) if found.modified_at < older_than]
    deleted = 0
    for start in range(0, len(old), _BATCH):
        keys = old[start : start + _BATCH]
        orphans = set(keys) - await named_keys(keys)
        for key in orphans:
            await storage.delete(key)
        deleted += len(orphans)
    return deleted
