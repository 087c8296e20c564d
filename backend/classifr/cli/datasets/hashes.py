"""SHA-256 of files, by which an image is known again."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_THREADS = 4


def sha256_of(path: Path) -> str:
    """In hexadecimal. Raises: OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(
    paths: Sequence[Path], advance: Callable[[], None]
) -> tuple[dict[Path, str], dict[Path, str]]:
    """The SHA-256 of each file, and why each of the others cannot be read."""
    hashes: dict[Path, str] = {}
    unreadable: dict[Path, str] = {}
    with ThreadPoolExecutor(_THREADS) as threads:
        for path, outcome in zip(paths, threads.map(_hash, paths), strict=True):
            if isinstance(outcome, OSError):
                unreadable[path] = outcome.strerror or str(outcome)
            else:
                hashes[path] = outcome
            advance()
    return hashes, unreadable


def _hash(path: Path) -> str | OSError:
    try:
        return sha256_of(path)
    except OSError as error:
        return error
