"""`classifr storage`."""

from enum import StrEnum
from typing import Annotated

import typer

from classifr.cli.commands.options import Verbose

app = typer.Typer(help="Care for where the images are kept.", no_args_is_help=True)


class To(StrEnum):
    """The settings' `StorageKind`, which takes longer to import."""

    LOCAL = "local"
    AZURE = "azure"


@app.callback()
def _group() -> None:
    """Keeps `copy` a command of its own, while it is the only one."""


@app.command()
def copy(
    to: Annotated[
        To,
        typer.Option(
            "--to", help="Where to: the data folder, or Azure Blob. The other is copied from."
        ),
    ],
    delete: Annotated[
        bool,
        typer.Option(
            "--delete",
            help="Delete each file where it came from, once it is surely in the other place. "
            "Only when CLASSIFR_STORAGE names that already.",
        ),
    ] = False,
    verbose: Verbose = False,
) -> int:
    """Copy all images and models between the data folder and Azure Blob.

    What is there already with the same hash is skipped, so it may be stopped
    and run again. Each file is read back and compared by its SHA-256.
    Servers may run meanwhile: copy, set CLASSIFR_STORAGE, restart, copy again.
    Exit code 1 if a file could not be copied.

    \b
    Examples:
      classifr storage copy --to azure
      classifr storage copy --to azure --delete
    """
    from classifr.cli.administration import storages  # noqa: PLC0415
    from classifr.settings import StorageKind  # noqa: PLC0415

    return storages.copy(StorageKind(to), delete=delete, verbose=verbose)
