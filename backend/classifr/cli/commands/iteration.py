"""`classifr iteration`."""

from pathlib import Path
from typing import Annotated

import typer

from classifr.cli.commands.options import (
    ApiKey,
    ApiUrl,
    AsJson,
    Overwrite,
    Place,
    Project,
    Threshold,
    Verbose,
    Yes,
)

app = typer.Typer(
    help="See, publish, roll back and export the models of a project.", no_args_is_help=True
)

Iteration = Annotated[
    str,
    typer.Argument(
        metavar="ITERATION",
        help="Its name, published name, number or id, or `latest`.",
        show_default=False,
    ),
]


@app.command("list")
def list_iterations(
    project: Project = None,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """List the iterations, newest first, with their metrics at a threshold of 0.5.

    \b
    Examples:
      classifr iteration list
      classifr iteration list --project menu --json
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.list_all(Place(api_url, api_key, verbose), project, as_json=as_json)


@app.command()
def show(
    iteration: Iteration,
    project: Project = None,
    threshold: Threshold = 0.5,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Show how good an iteration is on its held-out images.

    \b
    Examples:
      classifr iteration show latest
      classifr iteration show 3 --threshold 0.85
    """
    from classifr.cli import iterations  # noqa: PLC0415

    place = Place(api_url, api_key, verbose)
    iterations.show(place, project, iteration, threshold=threshold, as_json=as_json)


@app.command()
def publish(
    iteration: Iteration,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Published name, by which programs ask for it.")
    ] = "default",
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the name from the iteration that has it.")
    ] = False,
    if_better: Annotated[
        bool,
        typer.Option("--if-better", help="Take it only if this iteration is better."),
    ] = False,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Let an iteration answer predictions, within a second.

    \b
    Examples:
      classifr iteration publish latest
      classifr iteration publish 3 --name production --replace
      classifr iteration publish latest --name production --if-better
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.publish(
        Place(api_url, api_key, verbose),
        project,
        iteration,
        name=name,
        replace=replace,
        only_if_better=if_better,
    )


@app.command()
def unpublish(
    iteration: Iteration,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Let an iteration answer no more; another one of the project does, or ImageNet.

    \b
    Examples:
      classifr iteration unpublish production
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.unpublish(Place(api_url, api_key, verbose), project, iteration)


@app.command()
def rollback(
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Published name to give back. Default: the one published last.",
            show_default=False,
        ),
    ] = None,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Give a published name back to the iteration that had it before.

    \b
    Examples:
      classifr iteration rollback
      classifr iteration rollback --name production
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.roll_back(Place(api_url, api_key, verbose), project, name=name)


@app.command()
def cancel(
    iteration: Annotated[
        str | None,
        typer.Argument(
            metavar="ITERATION",
            help="Its name, number or id. Default: the one that is being trained.",
            show_default=False,
        ),
    ] = None,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Stop a training.

    \b
    Examples:
      classifr iteration cancel
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.cancel(Place(api_url, api_key, verbose), project, iteration)


@app.command()
def delete(
    iteration: Iteration,
    yes: Yes = False,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Delete an iteration that is not published; the predictions it made stay.

    \b
    Examples:
      classifr iteration delete 2
      classifr iteration delete 2 --yes
    """
    from classifr.cli import iterations  # noqa: PLC0415

    iterations.delete(Place(api_url, api_key, verbose), project, iteration, yes=yes)


@app.command()
def export(
    iteration: Iteration,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Zip file to write. Default: PROJECT-NUMBER.zip here.",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[
        list[str] | None,
        typer.Option(
            metavar="IMAGES",
            help="A file, a folder, or `stored` for images of the project: prove on them that the "
            "exported model answers as the API does.",
            show_default=False,
        ),
    ] = None,
    force: Overwrite = False,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> int:
    """Take a model away: one ONNX file, its labels, and an example that runs it.

    \b
    Examples:
      classifr iteration export latest
      classifr iteration export production --output model.zip --verify photos/Test
      classifr iteration export 3 --force --verify stored
    """
    from classifr.cli import exports  # noqa: PLC0415

    return exports.export(
        Place(api_url, api_key, verbose),
        project,
        iteration,
        output=output,
        verify=verify or [],
        force=force,
    )
