"""The revision of the database's schema."""

import asyncio

import typer

from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import busy, remark
from classifr.database import migrations
from classifr.database.opening import open_database
from classifr.database.session import database_errors
from classifr.settings import Settings


def upgrade(*, verbose: bool) -> None:
    """Bring the schema to the newest revision and print that."""
    revision = asyncio.run(revision_of_database(quiet_settings(verbose=verbose), migrate=True))
    typer.echo(revision)
    remark("The schema is up to date.")


def print_current(*, verbose: bool) -> None:
    """Print the revision, and how it compares to the code's."""
    revision = asyncio.run(revision_of_database(quiet_settings(verbose=verbose), migrate=False))
    newest = migrations.newest_revision()
    typer.echo(revision or "none")
    if revision == newest:
        remark("The schema is up to date.")
    else:
        remark(f"This Classifr expects {newest}. Hint: classifr db upgrade")


async def revision_of_database(settings: Settings, *, migrate: bool) -> str | None:
    """The revision of the database, after bringing it up to date with `migrate`."""
    with busy("Opening the database"):
        async with open_database(settings, migrate=migrate) as database:
            with database_errors():
                return await migrations.current_revision(database.engine)
