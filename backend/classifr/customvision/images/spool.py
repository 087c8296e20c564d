"""The images of a request while it is read: in memory if they are few, else on the disk."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType

from classifr.disk import disk_errors
from classifr.settings import Settings

# Room for sixty photos of 512 pixels.
_IN_MEMORY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Piece:
    """Where an image lies in a spool."""

    start: int
    size: int


class Spool:
    """One file for all of them, which is gone with the request."""

    def __init__(self, settings: Settings) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115
            max_size=_IN_MEMORY_BYTES, dir=str(upload_folder(settings))
        )
        self._end = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self._end

    def write(self, data: bytes) -> None:
        """Continue the last piece. Raises: StorageFull, StorageUnavailable."""
        with disk_errors():
            self._file.write(data)
        self._end += len(data)

    def add(self, data: bytes) -> Piece:
        """A whole piece. Raises: StorageFull, StorageUnavailable."""
        piece = Piece(self._end, len(data))
        self.write(data)
        return piece

    def whole(self) -> Piece:
        """All that was written, as one piece."""
        return Piece(0, self._end)

    async def read(self, piece: Piece) -> bytes:
        """Once all are written, one at a time. Raises: StorageUnavailable."""
        if self._end <= _IN_MEMORY_BYTES:
            return self._read(piece)
        return await asyncio.to_thread(self._read, piece)

    def _read(self, piece: Piece) -> bytes:
        with disk_errors():
            self._file.seek(piece.start)
            return self._file.read(piece.size)


def upload_folder(settings: Settings) -> Path:
    """Where uploads wait on the disk. Raises: StorageFull, StorageUnavailable."""
    # Beside what they become, because the system's own folder may be in memory.
    folder = settings.data_dir / "uploads"
    with disk_errors():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
