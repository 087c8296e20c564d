"""`classifr dataset check`."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape

from classifr.cli.datasets.checks import Finding, Level, check_dataset, findings_json
from classifr.cli.datasets.labelled import TRAIN_PARTS, LabelledImages, read_labelled
from classifr.cli.failures import FAILED
from classifr.cli.progress import bar
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import plain_table, remark, stdout_console
from classifr.cli.wording import count, one_line

_MOST_FILES = 5
_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow"}


def check(
    folder: Path, *, labels: Path | None, is_multilabel: bool, as_json: bool, verbose: bool
) -> int:
    """Print what is wrong; the exit code. Nothing is sent anywhere."""
    settings = quiet_settings(verbose=verbose)
    dataset = read_labelled(folder, labels, part=TRAIN_PARTS)
    with bar("Checking", len(dataset.images)) as checking:
        findings = check_dataset(
            dataset, settings, is_multilabel=is_multilabel, advance=checking.advance
        )
    if as_json:
        typer.echo(json.dumps(findings_json(dataset, findings)))
    else:
        _print(dataset, findings)
    return FAILED if any(finding.level is Level.ERROR for finding in findings) else 0


def _print(dataset: LabelledImages, findings: Sequence[Finding]) -> None:
    console = stdout_console()
    table = plain_table("Tag", "Images", right=("Images",))
    for tag in sorted(dataset.tags):
        table.add_row(escape(tag), f"{sum(tag in image.tags for image in dataset.images):,}")
    console.print(table)
    for finding in findings:
        files = ", ".join(finding.files[:_MOST_FILES])
        if (more := len(finding.files) - _MOST_FILES) > 0:
            files += f" and {more:,} more"
        where = f" {files}" if files else ""
        console.print(
            f"[{_COLOURS[finding.level]}]{finding.level:<7}[/]  "
            + escape(one_line(finding.detail + where)),
            soft_wrap=True,
        )
    errors = sum(finding.level is Level.ERROR for finding in findings)
    remark(
        f"{count(len(dataset.images), 'image')}, {count(errors, 'error')}, "
        f"{count(len(findings) - errors, 'warning')}."
    )
