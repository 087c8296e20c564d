"""Everything of one storage in another as well, as often as it takes."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from classifr.errors import ImageGone
from classifr.storage.port import Storage, StoredObject


class Outcome(StrEnum):
    """What became of one object."""

    COPIED = "copied"  #: Written, and read back the same.
    THERE = "there"  #: The other storage had the same bytes.
    NEWER = "newer"  #: The other storage has other bytes, written later; they stay.
    GONE = "gone"  #: Deleted by a server in the meantime.
    DAMAGED = "damaged"  #: Read back otherwise than written, and taken away again.


@dataclass(frozen=True)
class Copying:
    """From one storage to another. Both may be in use meanwhile."""

    source: Storage
    target: Storage

    async def plan(self) -> list[tuple[StoredObject, StoredObject | None]]:
        """Everything in the source, with what the target has under its key."""
        there = {found.key: found async for found in self.target.list("")}
        return [
            (found, there.get(found.key))
            async for found in self.source.list("")
            # What a crash left half written begins with a point.
            if not found.key.rpartition("/")[2].startswith(".")
        ]

    async def copy(
        self, found: StoredObject, there: StoredObject | None, *, is_move: bool = False
    ) -> Outcome:
        """Bring one object over, unless it is there. Raises: StorageFull, StorageUnavailable.

        is_move: delete it from the source, once the target surely has it.
        """
        try:
            outcome = await self._copy(found, there)
        except ImageGone:
            return Outcome.GONE
        if is_move and outcome in (Outcome.COPIED, Outcome.THERE):
            await self.source.delete(found.key)
        return outcome

    async def _copy(self, found: StoredObject, there: StoredObject | None) -> Outcome:
        if there is not None:
            if await self._is_same(found, there):
                return Outcome.THERE
            if there.modified_at > found.modified_at:
                return Outcome.NEWER
        data = await self.source.get(found.key)
        await self.target.put(found.key, data, is_durable=True)
        if _sha256(await self.target.get(found.key)) == _sha256(data):
            return Outcome.COPIED
        await self.target.delete(found.key)
        return Outcome.DAMAGED

    async def _is_same(self, found: StoredObject, there: StoredObject) -> bool:
        if found.size != there.size:
            return False
        return await _md5(self.source, found) == await _md5(self.target, there)


async def _md5(storage: Storage, found: StoredObject) -> bytes:
    """The one that the storage keeps saves reading the object."""
    if found.md5 is not None:
        return found.md5
    return hashlib.md5(await storage.get(found.key), usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
