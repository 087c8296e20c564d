"""What Custom Vision takes in one request, and things cut to it."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

MOST_IDS = 256  #: Of images that are read or deleted.
MOST_IN_PAGE = 256  #: Of a list.
MOST_FILES = 64  #: Of images that are sent.
MOST_PAIRS = 64  #: Of images and tags, put or taken off.
MOST_TAGS = 20  #: Of one image, and of those that a list looks for.


def batches(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """The items, at most so many at a time."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
