"""`classifr predict`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import Verbose
from classifr.cli.failures import ASKED_WRONGLY, CommandError


def predict(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|DIR|URL|-",
            help="Images, folders of images, addresses; - reads one image from stdin.",
            show_default=False,
        ),
    ],
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Only the likeliest N tags. Default: 5 in the table, all in JSON and CSV.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="One JSON object a line: POST /predict's answer + filename."),
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="filename,rank,tag,probability; a row for each tag.")
    ] = False,
    verbose: Verbose = False,
) -> int:
    """Say what images show.

    The answer is that of POST /predict. It needs no server and no database,
    and stores nothing. An image that cannot be read is reported on stderr;
    the others still come.

    \b
    Examples:
      classifr predict photo.jpg
      classifr predict photos/ --csv > answers.csv
      classifr predict https://example.com/photo.jpg --top 3
      curl -s https://example.com/photo.jpg | classifr predict - --json
    """
    if as_json and as_csv:
        raise CommandError(
            "--json and --csv exclude each other.", hint="Choose one.", exit_code=ASKED_WRONGLY
        )
    from classifr.cli.predicting import OutputFormat, predict_sources  # noqa: PLC0415

    form = (as_json and OutputFormat.JSON) or (as_csv and OutputFormat.CSV) or OutputFormat.TABLE
    return predict_sources(sources, form=form, top=top, verbose=verbose)
