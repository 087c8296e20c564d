"""How far a command is: a bar on stderr where somebody looks, and nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from classifr.cli.terminal import stderr_console


class Bar(Protocol):
    """Counts what is done."""

    def advance(self, done: int = 1) -> None:
        """So many more are done."""


class _Unseen:
    def advance(self, done: int = 1) -> None:
        pass


class _Seen:
    def __init__(self, progress: Progress, total: int, text: str) -> None:
        self._progress = progress
        self._task = progress.add_task(text, total=total)

    def advance(self, done: int = 1) -> None:
        self._progress.advance(self._task, done)


@contextmanager
def bar(text: str, total: int, *, is_shown: bool = True) -> Iterator[Bar]:
    """A bar over `total` things; it goes away at the end. is_shown: nothing else tells it."""
    console = stderr_console() if is_shown and total > 1 else None
    if console is None:
        yield _Unseen()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Seen(progress, total, text)
