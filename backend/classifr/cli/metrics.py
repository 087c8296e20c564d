"""Precision, recall and average precision as a table."""

from rich.markup import escape

from classifr.cli.client.api import Json
from classifr.cli.terminal import plain_table, stdout_console

_NUMBERS = ("Precision", "Recall", "Average precision", "Images")


def print_metrics(report: Json, *, images: str = "held-out images") -> None:
    """Overall and per tag, at the report's threshold. images: what it was measured on."""
    table = plain_table("Tag", *_NUMBERS, right=_NUMBERS)
    for name, metrics in [
        ("All tags", report["overall"]),
        *((tag["name"], tag) for tag in report["per_tag"]),
    ]:
        table.add_row(
            escape(name),
            percent(metrics["precision"]),
            percent(metrics["recall"]),
            percent(metrics["average_precision"]),
            f"{metrics['images']:,}",
        )
    console = stdout_console()
    console.print(table)
    console.print(facts(report, images))


def facts(report: Json, images: str) -> str:
    """What else a report says, in a line."""
    said = [f"Threshold {report['threshold']:g}", f"{report['image_count']:,} {images}"]
    if report.get("top1") is not None:
        said.append(f"top-1 {percent(report['top1'])}")
    if report.get("calibration_error") is not None:
        said.append(f"calibration error {percent(report['calibration_error'])}")
    return ", ".join(said) + "."


def percent(share: float | None) -> str:
    """A share for people; - where it is not defined."""
    return "-" if share is None else f"{share:.1%}"
