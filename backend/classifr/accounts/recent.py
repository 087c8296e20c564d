"""What was read a moment ago, so that a client's many requests do not each ask the database."""

import time
from typing import Generic, TypeAlias, TypeVar

from classifr.database.models import ApiKey, User

# Signing out everywhere, a new role, a revoked key and a disabled account are to act
# within a second.
KEPT_SECONDS = 0.5
_MOST_KEPT = 1_000

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What the database said at most half a second ago."""

    def __init__(self) -> None:
        self._read: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """What was read just now, None if that is too long ago."""
        if (kept := self._read.get(key)) is None:
            return None
        read_at, value = kept
        return value if time.monotonic() - read_at < KEPT_SECONDS else None

    def keep(self, key: K, value: V) -> None:
        """Remember what was just read."""
        if len(self._read) >= _MOST_KEPT:
            self._read.clear()
        self._read[key] = (time.monotonic(), value)


RecentAccounts: TypeAlias = Recent[str, User]  #: By the token that speaks for it.
RecentKeys: TypeAlias = Recent[str, tuple[ApiKey, User]]  #: By the key's SHA-256.
