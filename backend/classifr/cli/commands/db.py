"""`classifr db`."""

from pathlib import Path
from typing import Annotated

import typer

from classifr.cli.commands.options import Overwrite, Verbose, Yes

app = typer.Typer(help="Care for the database.", no_args_is_help=True)

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


@app.command()
def upgrade(verbose: Verbose = False) -> None:
    """Bring the schema to the newest revision; `classifr serve` does so by itself.

    \b
    Examples:
      classifr db upgrade
    """
    from classifr.cli.administration import schema  # noqa: PLC0415

    schema.upgrade(verbose=verbose)


@app.command()
def current(verbose: Verbose = False) -> None:
    """Print the schema's revision.

    \b
    Examples:
      classifr db current
    """
    from classifr.cli.administration import schema  # noqa: PLC0415

    schema.print_current(verbose=verbose)


@app.command()
def backup(
    file: BackupFile,
    force: Overwrite = False,
    verbose: Verbose = False,
) -> None:
    """Write the database to FILE, also while the server runs.

    The images are not in it: keep a copy of the folder `images` of the data
    folder too, or of the Blob container.

    \b
    Examples:
      classifr db backup classifr.backup
      classifr db backup --force /backups/today
    """
    from classifr.cli.administration import backups  # noqa: PLC0415

    backups.back_up(file, force=force, verbose=verbose)


@app.command()
def restore(
    file: BackupFile,
    yes: Yes = False,
    verbose: Verbose = False,
) -> None:
    """Replace everything in the database by what `classifr db backup` wrote to FILE.

    Stop the server first. It succeeds as a whole or changes nothing.
    Everybody has to sign in again.

    \b
    Examples:
      classifr db restore classifr.backup
      classifr db restore --yes /backups/today
    """
    from classifr.cli.administration import backups  # noqa: PLC0415

    backups.restore(file, yes=yes, verbose=verbose)
