"""How much memory images may take while they are worked on, all threads together."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Lock

_M_MMAP_THRESHOLD = -3  # From glibc's malloc.h.


def return_large_blocks(from_bytes: int) -> None:
    """Have freed blocks of that size go back to the system at once, where the libc is glibc.

    By itself it raises this limit as it goes, up to 32 MB, and then each thread keeps what its
    images took: four threads kept 230 MB more than any of them still used.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, from_bytes)


class MemoryBudget:
    """Lets threads begin while what they need together fits; the others wait in a line."""

    def __init__(self, total_bytes: int) -> None:
        self._total = self._free = total_bytes
        self._line = Lock()
        self._returned = Condition()

    @contextmanager
    def reserve(self, needed_bytes: int) -> Iterator[None]:
        """Hold that much of the budget meanwhile; who needs more than all of it runs alone."""
        held = min(needed_bytes, self._total)
        # Only the first of the line waits for room, so that small ones do not overtake for ever.
        with self._line, self._returned:
            self._returned.wait_for(lambda: self._free >= held)
            self._free -= held
        try:
            yield
        finally:
            with self._returned:
                self._free += held
                self._returned.notify()
