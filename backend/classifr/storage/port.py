"""What any storage of image bytes can do."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """One entry of a listing."""

    key: str
    modified_at: datetime  #: With its time zone.
    size: int  #: Bytes.
    md5: bytes | None = None  #: Of the bytes, where the storage keeps it beside them.


class Storage(Protocol):
    """Bytes by key. Keys are paths made by us, such as `pending/<uuid>`.

    Every method raises StorageUnavailable when the storage does not answer.
    """

    def put(self, key: str, data: bytes, *, is_durable: bool = False) -> Awaitable[None]:
        """Store `data`, whole or not at all, replacing what was there.

        is_durable: return only once a power cut cannot take it away again.
        Raises: StorageFull if there is no room.
        """

    async def get(self, key: str) -> bytes:
        """The bytes stored under `key`. Raises: ImageGone if there are none."""

    async def exists(self, key: str) -> bool:
        """Whether something is stored under `key`."""

    async def delete(self, key: str) -> None:
        """Remove what is stored under `key`; nothing happens if there is nothing."""

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Everything whose key starts with `prefix`, in no particular order."""

    async def close(self) -> None:
        """Let go of what is held, at the end. May be called twice."""

    def url(self, key: str) -> str:
        """Where `key` lies, for people who look at the storage itself. Opens nothing by itself."""
