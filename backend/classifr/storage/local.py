"""Images in a folder of this machine."""

import asyncio
import itertools
import os
import secrets
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from classifr.concurrency import Threads
from classifr.disk import disk_error
from classifr.errors import ImageGone
from classifr.storage.port import StoredObject

Answer = TypeVar("Answer")

_PARTIAL = ".partial-"
_THREADS = 8  # They wait for the disk, mostly.


class LocalStorage:
    """Each key is a file below `root`, readable by its owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._prefix = f"{self._root}{os.sep}"
        # Other processes write here too, and files of those that were killed may lie about.
        self._partial = f"{_PARTIAL}{secrets.token_hex(8)}"
        self._numbers = itertools.count()
        self._threads = Threads(_THREADS, name="storage")

    def put(self, key: str, data: bytes, *, is_durable: bool = False) -> Awaitable[None]:
        return self._in_thread(lambda: self._write(self._path(key), data, is_durable=is_durable))

    async def get(self, key: str) -> bytes:
        return await self._in_thread(Path(self._path(key)).read_bytes)

    async def exists(self, key: str) -> bool:
        return await self._in_thread(Path(self._path(key)).is_file)

    async def delete(self, key: str) -> None:
        await self._in_thread(lambda: Path(self._path(key)).unlink(missing_ok=True))

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        for stored in await self._in_thread(lambda: list(self._walk(prefix))):
            yield stored

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.close)

    def url(self, key: str) -> str:
        return Path(self._path(key)).as_uri()

    def _in_thread(self, work: Callable[[], Answer]) -> Awaitable[Answer]:
        return self._threads.submit(_translated, work)

    def _path(self, key: str) -> str:
        # By the name alone: what the disk has there would be asked folder by folder.
        path = os.path.normpath(os.path.join(self._prefix, key))  # noqa: PTH118
        if not path.startswith(self._prefix):
            raise ValueError(f"storage key leaves its folder: {key!r}")
        return path

    def _write(self, path: str, data: bytes, *, is_durable: bool) -> None:
        # Text and descriptors instead of `Path` and `open`, which take longer and ask the system
        # twice as much: each prediction passes here.
        folder = os.path.dirname(path)  # noqa: PTH120
        partial = f"{folder}{os.sep}{self._partial}-{next(self._numbers)}"
        try:
            descriptor = _create(partial)
            try:
                _write_all(descriptor, data)
                if is_durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(partial, path)  # noqa: PTH104
            if is_durable:
                _sync_folder(folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(partial)  # noqa: PTH108
            raise

    def _walk(self, prefix: str) -> Iterator[StoredObject]:
        # "pending/" and "pending/0" both lie in one folder: others need not be walked.
        folder = self._root / prefix.rpartition("/")[0]
        for path in folder.rglob("*"):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix):
                with suppress(FileNotFoundError):  # Deleted since it was listed.
                    status = path.stat()
                    if stat.S_ISREG(status.st_mode):
                        modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
                        yield StoredObject(key, modified_at, status.st_size)


def _create(path: str) -> int:
    """A descriptor of a new file, for its owner alone, whose folders may be new too."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: str) -> None:
    """Have the folder's entries on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except FileNotFoundError as error:
        raise ImageGone from error
    except OSError as error:
        raise disk_error(error) from error
