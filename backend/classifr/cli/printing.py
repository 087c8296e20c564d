"""Answers as a table for people, or as JSON lines or CSV for programs."""

import csv
import json
import sys
from collections.abc import Callable
from enum import StrEnum

from rich.markup import escape
from rich.table import Table

from classifr.cli.terminal import stdout_console
from classifr.cli.wording import printable
from classifr.predictions.schemas import PredictionRead

BAR_COLUMNS = 20

Writer = Callable[[str, PredictionRead], None]


class OutputFormat(StrEnum):
    """How answers are printed."""

    TABLE = "table"  #: For people.
    JSON = "json"  #: One object a line.
    CSV = "csv"  #: One row a tag.


def answer_writer(form: OutputFormat) -> Writer:
    """What prints one image's answer; a heading that comes first is printed now."""
    match form:
        case OutputFormat.JSON:
            return _write_json
        case OutputFormat.CSV:
            return _csv_writer()
        case OutputFormat.TABLE:
            return _table_writer()


def _write_json(name: str, answer: PredictionRead) -> None:
    sys.stdout.write(json.dumps({"filename": name, **answer.model_dump(mode="json")}) + "\n")


def _csv_writer() -> Writer:
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["filename", "rank", "tag", "probability"])

    def write(name: str, answer: PredictionRead) -> None:
        # A name that is no text cannot be written as such.
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for rank, likely in enumerate(answer.predictions, start=1):
            rows.writerow([name, rank, likely.tag, repr(likely.probability)])

    return write


def _table_writer() -> Writer:
    console = stdout_console()

    def write(name: str, answer: PredictionRead) -> None:
        image = answer.image
        facts = f"{image.width} x {image.height} {image.format}, {answer.iteration}"
        console.print(f"[bold]{escape(printable(name))}[/bold]  [dim]{escape(facts)}[/dim]")
        # A bar that folds says nothing: only tags may.
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("  Tag", no_wrap=False, overflow="fold")
        table.add_column("Probability", justify="right")
        table.add_column("")
        for likely in answer.predictions:
            bar = "█" * round(likely.probability * BAR_COLUMNS)
            table.add_row(
                f"  {escape(likely.tag)}", f"{likely.probability:.2%}", f"[cyan]{bar}[/cyan]"
            )
        console.print(table)
        console.print()

    return write
