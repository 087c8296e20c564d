"""How far a long computation is, told to whoever waits; they may stop it by raising."""

from collections.abc import Callable
from typing import TypeAlias

#: Called with a share from 0 to 1, never less than before. What it raises ends the computation.
OnProgress: TypeAlias = Callable[[float], None]


def ignore_progress(_share: float) -> None:
    """For those who do not ask."""


def part_of(on_progress: OnProgress, start: float, end: float) -> OnProgress:
    """Reports the progress of one part as progress of the whole, of which it is start to end."""
    return lambda share: on_progress(start + (end - start) * min(share, 1.0))
