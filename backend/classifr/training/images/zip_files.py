"""Zip files of images from strangers: what is in them, checked before anything is unpacked."""

import stat
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from classifr.errors import ArchiveTooLarge, ArchiveUnreadable, ArchiveUnsafe, ImageUnreadable
from classifr.settings import TrainingSettings

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_START_BYTES = 16
# The list of files is read whole; an entry of it takes about so much, and three times in memory.
_ENTRY_BYTES = 160
# Besides its image, a file may have a twin in `__MACOSX`.
_ENTRIES_PER_IMAGE = 2
_MOST_UNPACKED = 4
# Photos hardly shrink; what unpacks to a hundred times its size was made for that.
_MOST_EXPANSION = 100
_SMALL_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A file in an archive."""

    path: str  #: With `/` between folders; leads nowhere above the archive.
    info: ZipInfo

    @property
    def folder(self) -> str:
        """The folder right above the file; empty at the top."""
        return self.path.rpartition("/")[0].rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The end of the file's name that says what it is, in small letters, without its dot."""
        return self.path.rpartition("/")[2].rpartition(".")[2].lower()

    @property
    def is_litter(self) -> bool:
        """Whether a system left it there by itself."""
        return any(part.startswith(".") or part == "__MACOSX" for part in self.path.split("/"))


class Archive:
    """An open zip file that is safe to read from, one thread at a time."""

    def __init__(self, file: BinaryIO, size_bytes: int, limits: TrainingSettings) -> None:
        """Raises: ArchiveUnreadable, ArchiveUnsafe, ArchiveTooLarge."""
        bounded = _BoundedFile(file, _ENTRY_BYTES * limits.max_images)
        with _zip_errors():
            self._zip = ZipFile(cast(IO[bytes], bounded))
        # Not `is_dir`, which fails on a file without a name.
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        _check_sizes(infos, size_bytes, limits)
        self._size_bytes = size_bytes
        self.entries = [Entry(_safe_path(info), info) for info in infos]

    def read(self, entry: Entry) -> bytes:
        """The bytes of a file, no more than it says it has. Raises: ImageUnreadable."""
        return self._read(entry.info, entry.info.file_size)

    def start(self, entry: Entry) -> bytes:
        """The first bytes of a file; none if they cannot be read."""
        try:
            return self._read(entry.info, _START_BYTES)
        except ImageUnreadable:
            return b""

    def close(self) -> None:
        """Let go of it; the file itself stays open."""
        self._zip.close()

    def _read(self, info: ZipInfo, size: int) -> bytes:
        if info.flag_bits & _ENCRYPTED:
            raise ImageUnreadable("The file is protected by a password. Take it off first.")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ImageUnreadable("The file is compressed in a way not read here. Use Deflate.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ImageUnreadable("This is a link and not a file. Put the file in its place.")
        damaged = "The file is damaged in the archive. Make it again."
        if not 0 <= info.header_offset < self._size_bytes:
            raise ImageUnreadable(damaged)
        try:
            with self._zip.open(info) as file:
                return file.read(size)
        # The name stands before the file once more, and need not be text there: ValueError.
        except (BadZipFile, RuntimeError, EOFError, ValueError, zlib.error) as error:
            raise ImageUnreadable(damaged) from error


class _BoundedFile:
    """A file of which not too much is read at once: the list of files comes in one piece."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._read = file.read

    def read(self, size: int = -1) -> bytes:
        if size > self._most_bytes:
            raise ArchiveTooLarge("The zip file lists too many files. Send it in parts.")
        return self._read(size)


def _check_sizes(infos: list[ZipInfo], size_bytes: int, limits: TrainingSettings) -> None:
    if len(infos) > _ENTRIES_PER_IMAGE * limits.max_images:
        raise ArchiveTooLarge(f"The zip file has {len(infos):,} files. Send it in parts.")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(_SMALL_BYTES, _MOST_EXPANSION * size_bytes):
        raise ArchiveUnsafe(
            f"The zip file unpacks to {unpacked // size_bytes:,} times its size, as no images do."
        )
    if unpacked > _MOST_UNPACKED * limits.max_archive_bytes:
        raise ArchiveTooLarge(
            f"The zip file unpacks to {unpacked / 1024**3:.1f} GB. Send it in parts."
        )


def _safe_path(info: ZipInfo) -> str:
    """The path in the archive. Raises: ArchiveUnsafe if it leads out of it."""
    path = _decoded(info).replace("\\", "/")
    parts = path.split("/")
    if ".." in parts or path.startswith("/") or parts[0].endswith(":"):
        shown = "".join(filter(str.isprintable, path))[:100]
        raise ArchiveUnsafe(
            f"The zip file has a path that leads out of it: “{shown}”. Make it again."
        )
    return "/".join(part for part in parts if part not in ("", "."))


def _decoded(info: ZipInfo) -> str:
    """The name as it was meant: many write UTF-8 without saying so, macOS in pieces."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return unicodedata.normalize("NFC", name)


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise ArchiveUnreadable from error
