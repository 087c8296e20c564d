"""`classifr predict`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import ApiKey, ApiUrl, Place, Verbose
from classifr.cli.failures import AskedWrongly


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
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            "-p",
            metavar="PROJECT",
            help="Ask the model of this project. Default: the one that answers by default.",
            show_default=False,
        ),
    ] = None,
    iteration: Annotated[
        str | None,
        typer.Option(
            "--iteration",
            "-i",
            metavar="ITERATION",
            help="Ask this iteration, published or not: its name, number or `latest`.",
            show_default=False,
        ),
    ] = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> int:
    """Say what images show.

    The answer is that of POST /predict; nothing is stored here. It needs no
    server, and on a fresh data folder no database either. An image that
    cannot be read is reported on stderr; the others still come.

    \b
    Examples:
      classifr predict photo.jpg
      classifr predict photos/ --csv > answers.csv
      classifr predict https://example.com/photo.jpg --top 3
      classifr predict photo.jpg --project menu --iteration latest
      curl -s https://example.com/photo.jpg | classifr predict - --json
    """
    if as_json and as_csv:
        raise AskedWrongly("--json and --csv exclude each other.", hint="Choose one.")
    from classifr.cli.predicting import predict_sources  # noqa: PLC0415
    from classifr.cli.printing import OutputFormat  # noqa: PLC0415

    form = (as_json and OutputFormat.JSON) or (as_csv and OutputFormat.CSV) or OutputFormat.TABLE
    return predict_sources(
        sources,
        project=project,
        iteration=iteration,
        form=form,
        top=top,
        place=Place(api_url, api_key, verbose),
    )
