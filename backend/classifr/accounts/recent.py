"""Accounts read a moment ago, so that a client's many requests do not each ask the database."""

import time

from classifr.database.models import User

# Signing out everywhere, a new role and a disabled account are to act within a second.
KEPT_SECONDS = 0.5
_MOST_KEPT = 1_000


class RecentAccounts:
    """What the database said of each account at most half a second ago."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[float, User]] = {}

    def get(self, user_id: int) -> User | None:
        """The account as it was just now, None if that is too long ago."""
        read_at, user = self._read.get(user_id, (0.0, None))
        return user if time.monotonic() - read_at < KEPT_SECONDS else None

    def keep(self, user: User) -> None:
        """Remember an account that was just read."""
        if len(self._read) >= _MOST_KEPT:
            self._read.clear()
        self._read[user.id] = (time.monotonic(), user)
