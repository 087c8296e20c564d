"""stdout for data, stderr for progress and remarks."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table

from classifr.cli.failures import AskedWrongly
from classifr.cli.wording import one_line

PIPED_WIDTH = 200  #: Columns when nobody looks, so that nothing is cut.


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave a closed pipe to `main`, which knows what to do with it."""
        raise BrokenPipeError


def stdout_console() -> Console:
    """Where tables go."""
    return _Console(
        width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False, soft_wrap=False
    )


def stderr_console() -> Console | None:
    """Where it is shown how far something is; None if nobody looks."""
    console = Console(stderr=True)
    return console if console.is_terminal else None


def plain_table(*headings: str, right: Collection[str] = ()) -> Table:
    """A table without lines. right: the headings of columns that hold numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold", justify="right" if heading in right else "left")
    return table


def remark(text: str) -> None:
    """Tell the person something that is no data."""
    typer.echo(one_line(text), err=True)


def confirm(question: str) -> None:
    """Go on only if the person says so. Raises: CommandError where nobody can; typer.Abort."""
    if not sys.stdin.isatty():
        raise AskedWrongly("Nobody is there to confirm.", hint="Add --yes.")
    typer.confirm(question, abort=True, err=True)


@contextmanager
def busy(text: str, *, quiet: bool = False) -> Iterator[None]:
    """Show that something takes a while, if somebody looks at a terminal."""
    console = None if quiet else stderr_console()
    if console is None:
        yield
        return
    with console.status(text):
        yield
