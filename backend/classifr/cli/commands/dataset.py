"""`classifr dataset`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from classifr.cli.commands.options import (
    ApiKey,
    ApiUrl,
    AsJson,
    NewMultilabel,
    Place,
    Project,
    TrainFolder,
    Verbose,
)

app = typer.Typer(
    help="Bring labelled images into a project and out of it, and look what is wrong with them.",
    no_args_is_help=True,
)


class ExportFormat(StrEnum):
    """How a project's images and tags are written."""

    FOLDERS = "folders"  #: A folder for each tag, and labels.csv; what `import` reads.
    COCO = "coco"  #: annotations.json and a folder of images.
    IMAGEFOLDER = "imagefolder"  #: What Hugging Face's `datasets` loads.


Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file with the columns file (below the folder) and tag, instead of sub-folders.",
        show_default=False,
    ),
]


@app.command("import")
def import_dataset(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A folder with a sub-folder for each tag, a zip file of one, or a CSV file with "
            "the columns file and tag.",
            show_default=False,
        ),
    ],
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            "-p",
            metavar="NAME",
            help="Project to fill, made if it is not there. Default: the source's name.",
            show_default=False,
        ),
    ] = None,
    labels: Labels = None,
    multilabel: NewMultilabel = False,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> int:
    """Add labelled images to a project, without training.

    Only what the project does not have is sent. Images in no tag's folder go
    in without a tag. Exit code 1 if some are refused.

    \b
    Examples:
      classifr dataset import photos --project menu
      classifr dataset import photos.zip
      classifr dataset import labels.csv --project scenes --multilabel
    """
    from classifr.cli.datasets import importing  # noqa: PLC0415

    return importing.import_dataset(
        Place(api_url, api_key, verbose),
        project,
        source,
        labels=labels,
        is_multilabel=multilabel,
        as_json=as_json,
    )


@app.command("export")
def export_dataset(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False),
    ],
    project: Project = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="folders: a folder for each tag, and labels.csv. coco: annotations.json and "
            "images. imagefolder: what Hugging Face's datasets loads, with train and test.",
        ),
    ] = ExportFormat.FOLDERS,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Write a project's images as they came, with their tags, to use them elsewhere.

    DIR appears when it is complete. Stopped half-way, the same command goes
    on. Names that no file system takes are changed; labels.csv, which `dataset
    import` reads, annotations.json and metadata.jsonl have the true tags.

    \b
    Examples:
      classifr dataset export backup --project menu
      classifr dataset export menu-coco --project menu --format coco
      classifr dataset export menu-hf --project menu --format imagefolder
    """
    from classifr.cli.datasets import exporting  # noqa: PLC0415

    exporting.export_dataset(Place(api_url, api_key, verbose), project, folder, form)


@app.command()
def check(
    folder: TrainFolder,
    labels: Labels = None,
    multilabel: Annotated[
        bool, typer.Option("--multilabel", help="An image may have several tags.")
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Look for what is wrong with labelled images, before sending any.

    Finds files that would be refused, the same image twice or under two tags,
    tags with few images, and tiny images. Exit code 1 if something is wrong; a
    warning is not.

    \b
    Examples:
      classifr dataset check photos
      classifr dataset check photos --json
    """
    from classifr.cli.datasets import checking  # noqa: PLC0415

    return checking.check(
        folder, labels=labels, is_multilabel=multilabel, as_json=as_json, verbose=verbose
    )
