"""What Custom Vision told, remembered for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from classifr.errors import EngineTimeout, Unavailable

Key = TypeVar("Key")
Value = TypeVar("Value")

#: For so long names will do while Custom Vision's other resource does not answer.
_OLD_SECONDS = 600.0


class Remembered(Generic[Key, Value]):
    """What `read` gave for each key, for `seconds`; asked once at a time."""

    def __init__(
        self, read: Callable[[Key], Awaitable[Value]], *, seconds: float, most: int = 1000
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._most = most
        self._known: dict[Key, tuple[float, Value]] = {}
        self._locks: dict[Key, asyncio.Lock] = {}
        self._forgotten = 0  #: How often something was.

    async def get(self, key: Key, *, may_be_old: bool = False) -> Value:
        """The value, as fresh as was promised.

        may_be_old: while nobody can be asked, what was known some minutes ago will do.
        """
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None and time.monotonic() - known[0] < self._seconds:
                return known[1]
            asked, forgotten = time.monotonic(), self._forgotten
            try:
                value = await self._read(key)
            except (Unavailable, EngineTimeout):
                if may_be_old and known is not None and asked - known[0] < _OLD_SECONDS:
                    return known[1]
                raise
            # What was read while somebody changed it may be the state before.
            if forgotten == self._forgotten:
                self._known[key] = (asked, value)
            while len(self._known) > self._most:
                oldest = next(iter(self._known))
                del self._known[oldest]
                self._locks.pop(oldest, None)
            return value

    def forget(self, key: Key) -> None:
        """Ask again next time."""
        self._forgotten += 1
        self._known.pop(key, None)

    def forget_all(self) -> None:
        """Ask again for each."""
        self._forgotten += 1
        self._known.clear()
