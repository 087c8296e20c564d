"""Files in batches: sixty images a request, fewer if they are large."""

from collections.abc import Iterable, Iterator
from pathlib import Path

BATCH_IMAGES = 60
BATCH_BYTES = 32 * 1024 * 1024


def batches(
    paths: Iterable[Path], *, most: int = BATCH_IMAGES, most_bytes: int = BATCH_BYTES
) -> Iterator[list[Path]]:
    """In their order; a file larger than `most_bytes` has a batch of its own."""
    batch: list[Path] = []
    weight = 0
    for path in paths:
        size = _size(path)
        if batch and (len(batch) == most or weight + size > most_bytes):
            yield batch
            batch, weight = [], 0
        batch.append(path)
        weight += size
    if batch:
        yield batch


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
