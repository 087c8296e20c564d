"""How far a long computation is, told to whoever waits; they may stop it by raising."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

#: Called with a share from 0 to 1, never less than before. What it raises ends the computation.
OnProgress: TypeAlias = Callable[[float], None]


def ignore_progress(_share: float) -> None:
    """For those who do not ask."""


def part_of(on_progress: OnProgress, start: float, end: float) -> OnProgress:
    """Reports the progress of one part as progress of the whole, of which it is start to end."""
    return lambda share: on_progress(start + (end - start) * min(share, 1.0))


def split_evenly(on_progress: OnProgress, parts: int) -> Iterator[OnProgress]:
    """One OnProgress for each of the equal parts of the whole."""
    for index in range(parts):
        yield part_of(on_progress, index / parts, (index + 1) / parts)
