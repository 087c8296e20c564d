"""`classifr eval`."""

from pathlib import Path
from typing import Annotated

import typer

from classifr.cli.commands.options import (
    ApiKey,
    ApiUrl,
    AsJson,
    Labels,
    Place,
    Project,
    Threshold,
    Verbose,
)


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A sub-folder of images for each tag, here or in DIR/Test.",
            show_default=False,
        ),
    ],
    project: Project = None,
    iteration: Annotated[
        str | None,
        typer.Option(
            "--iteration",
            "-i",
            metavar="ITERATION",
            help="Its name, published name, number or id. Default: the latest.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="ITERATION", help="Say whether it is better than this one.", show_default=False
        ),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Exit with 1 if fewer images have the right tag first.",
            show_default=False,
        ),
    ] = None,
    threshold: Threshold = 0.5,
    labels: Labels = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write all of it to one HTML file.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> int:
    """Say how good an iteration is on images it has not seen.

    Classifies every image of a labelled folder and prints precision, recall
    and average precision, overall and per tag. Nothing is stored.

    \b
    Examples:
      classifr eval photos/Test
      classifr eval photos --iteration production --threshold 0.85
      classifr eval photos/Test --compare production --report report.html
      classifr eval photos/Test --fail-under 0.85 --json
    """
    from classifr.cli.evaluation import running  # noqa: PLC0415

    options = running.EvaluationOptions(
        folder=folder,
        labels=labels,
        project=project,
        iteration=iteration,
        compare=compare,
        fail_under=fail_under,
        threshold=threshold,
        page=report,
        as_json=as_json,
    )
    return running.evaluate(options, Place(api_url, api_key, verbose))
