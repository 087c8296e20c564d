"""`classifr import-customvision`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import ApiKey, ApiUrl, AsJson, Place, Threshold, Verbose


def import_customvision(
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="VISION_TRAINING_ENDPOINT",
            help="Endpoint of the training resource.",
            show_default=False,
        ),
    ],
    training_key: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            envvar="VISION_TRAINING_KEY",
            help="Its key. Better in the environment, where nobody sees it.",
            show_default=False,
        ),
    ],
    project: Annotated[
        str,
        typer.Option(
            "--project",
            "-p",
            metavar="PROJECT",
            help="The project to import: its id or name over there.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What it is called here. Default: as over there.",
            show_default=False,
        ),
    ] = None,
    all_iterations: Annotated[
        bool,
        typer.Option("--all-iterations", help="Also images that only past iterations have."),
    ] = False,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Train once everything is here.")
    ] = True,
    publish: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Publish the iteration under this name.", show_default=False
        ),
    ] = None,
    threshold: Threshold = 0.5,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> int:
    """Move a project in from Azure Custom Vision, and train it here.

    Copies its tags, its images with their tags, and its settings; nothing is
    changed over there. Interrupted, it goes on where it was when run again, and
    only adds what is missing. Exit code 1 if an image did not come along.

    \b
    Examples:
      classifr import-customvision --endpoint https://NAME.cognitiveservices.azure.com -p Food
      classifr import-customvision -p Food --publish production
    """
    from classifr.cli.moving import importing  # noqa: PLC0415

    options = importing.ImportOptions(
        endpoint=endpoint,
        training_key=training_key,
        project=project,
        name=name,
        all_iterations=all_iterations,
        is_trained=train,
        publish=publish,
        threshold=threshold,
        as_json=as_json,
    )
    return importing.import_project(options, Place(api_url, api_key, verbose))
