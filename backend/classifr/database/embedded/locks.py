"""Locks that the kernel frees when their holder dies, however it dies."""

import fcntl
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classifr.errors import DatabaseStartFailed

POLL_SECONDS = 0.01


class FileLock:
    """An flock on a file, shared or exclusive.

    Several processes can have one lock in common: those that inherit the descriptor. It is
    close-on-exec, so that only a child started with it in `pass_fds` does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.descriptor: int | None = None

    def share(self) -> None:
        """Hold the lock together with others. Raises: BlockingIOError if it is exclusive now."""
        fcntl.flock(self._open(), fcntl.LOCK_SH | fcntl.LOCK_NB)

    def try_exclusive(self) -> bool:
        """Hold the lock alone, if nobody else has it. A share of ours is lost either way."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Free the lock, also where a child inherited it."""
        if self.descriptor is not None:
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)
            self.forget()

    def forget(self) -> None:
        """Close our descriptor; the lock lives on in the processes that inherited it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def _open(self) -> int:
        if self.descriptor is None:
            self.descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            _locks.add(self)
        return self.descriptor


_locks: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_locks):
        lock.forget()


# A forked child uses nothing of ours: it must not keep a lock alive after its parent's death.
os.register_at_fork(after_in_child=_forget_all)


@contextmanager
def exclusive(path: Path, timeout_seconds: float) -> Iterator[None]:
    """One at a time across processes. Raises: DatabaseStartFailed if the wait gets too long."""
    lock = FileLock(path)
    deadline = time.monotonic() + timeout_seconds
    try:
        while not lock.try_exclusive():
            if time.monotonic() > deadline:
                raise DatabaseStartFailed(
                    "Another Classifr process has been starting or stopping this database for "
                    f"{timeout_seconds:.0f} seconds. Look for it (its lock is {path}), end it, "
                    "and try again."
                )
            time.sleep(POLL_SECONDS)
        yield
    finally:
        lock.release()
