"""`classifr train`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import (
    ApiKey,
    ApiUrl,
    AsJson,
    Labels,
    NewMultilabel,
    Place,
    Threshold,
    TrainFolder,
    Verbose,
)


def train(
    folder: TrainFolder,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            "-p",
            metavar="NAME",
            help="Project to train, made if it is not there. Default: the folder's name.",
            show_default=False,
        ),
    ] = None,
    add_only: Annotated[
        str | None,
        typer.Option(
            metavar="TAGS",
            help="Send the images of these tags only, separated by commas.",
            show_default=False,
        ),
    ] = None,
    threshold: Threshold = 0.5,
    publish: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Publish the new iteration under this name, instead of the one that has it.",
            show_default=False,
        ),
    ] = None,
    if_better: Annotated[
        bool, typer.Option("--if-better", help="Publish only what is better than before.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Train even if nothing changed since last time.")
    ] = False,
    labels: Labels = None,
    multilabel: NewMultilabel = False,
    advanced: Annotated[
        bool, typer.Option("--advanced", help="Learn from three views of each image.")
    ] = False,
    budget_hours: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Hours for its views, 1 by default.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Make a model of the images in a folder, measure it and publish it.

    Sends the images that the project does not have yet, sixty at a time,
    trains, and prints precision, recall and average precision. Run it again
    whenever the folder has changed: only what is new is sent. Ctrl-C cancels
    the training. Works on the data folder, also while a server runs on it, or
    on the server of --api-url.

    \b
    Examples:
      classifr train photos
      classifr train photos --publish production --if-better
      classifr train photos --project menu --add-only pizza,tiramisu
      classifr train photos --threshold 0.85 --json
      classifr train photos --labels labels.csv --multilabel
      classifr train photos --advanced --budget-hours 2
      classifr train photos --api-url https://classifr.example.com
    """
    from classifr.cli import training  # noqa: PLC0415

    options = training.TrainingOptions(
        folder=folder,
        labels=labels,
        project=project,
        add_only=[tag for tag in (add_only or "").split(",") if tag.strip()],
        is_multilabel=multilabel,
        threshold=threshold,
        publish=publish,
        if_better=if_better,
        force=force,
        is_advanced=advanced,
        budget_hours=budget_hours,
        as_json=as_json,
    )
    training.train(options, Place(api_url, api_key, verbose))
