"""The whole database in one file, and back.

PostgreSQL's own programs do the work. They learn the password from the environment, because
anyone can read a command line.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Protocol

import typer
from sqlalchemy.engine import URL, make_url

from classifr.cli.administration.schema import revision_of_database
from classifr.cli.failures import AskedWrongly, CommandError
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import busy, confirm, remark
from classifr.database.embedded import EmbeddedPostgres, run_tool
from classifr.database.libpq import libpq_parameters
from classifr.database.migrations import ADVISORY_LOCK
from classifr.database.models import Base
from classifr.database.opening import asyncpg_url
from classifr.errors import DatabaseToolFailed
from classifr.jobs.schema import DROP_SCRIPT
from classifr.settings import Settings
from classifr.storage.opening import place_of_images

#: libpq's variable for each of its parameters.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_REVISION_TABLE = "alembic_version"
_OTHER_CONNECTIONS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
    and backend_type = 'client backend'
"""


class RunTool(Protocol):
    """Runs one of PostgreSQL's programs on the database; its output unless `stdout` has it."""

    def __call__(
        self,
        name: str,
        args: list[str],
        *,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> str: ...


def back_up(file: Path, *, force: bool, verbose: bool) -> None:
    """Write the database to `file`, whole or not at all."""
    settings = quiet_settings(verbose=verbose)
    place = place_of_images(settings)
    if file.is_dir() or (file.exists() and not force):
        raise AskedWrongly(
            f"{file} is there already.", hint="Choose another name, or replace a file with --force."
        )
    if not file.parent.is_dir():
        raise AskedWrongly(f"There is no folder {file.parent}.", hint="Make it first.")
    with busy("Writing the backup"), _tools(settings) as run, _whole_file(file) as partial_file:
        if not _has_table(run, _REVISION_TABLE):
            raise CommandError(
                "The database is empty: there is nothing to back up.",
                hint="Check CLASSIFR_DATA_DIR and CLASSIFR_DATABASE_URL.",
            )
        run("pg_dump", ["--format=custom"], stdout=partial_file)
    typer.echo(file)
    remark(f"The images are not in it: keep a copy of {place} as well.")


def restore(file: Path, *, yes: bool, verbose: bool) -> None:
    """Replace the database's content by that of `file`, whole or not at all."""
    settings = quiet_settings(verbose=verbose)
    place = place_of_images(settings)
    _check_is_backup(file)
    with _tools(settings) as run:
        _check_unused(run)
        if not yes:
            confirm(f"Replace everything in the database by {file}?")
        with busy("Restoring"), _restore_script(settings, file, run) as script:
            options = ["--no-psqlrc", "--quiet", "--single-transaction", f"--output={os.devnull}"]
            run("psql", [*options, "--set=ON_ERROR_STOP=1", "--file=-"], stdin=script)
        revision = asyncio.run(revision_of_database(settings, migrate=True))
    remark(f"Restored {file} (schema {revision}). Everybody signs in again.")
    remark(f"Its images are not in it: they belong into {place}.")


@contextmanager
def _tools(settings: Settings) -> Iterator[RunTool]:
    if settings.database_url is None:
        with EmbeddedPostgres(settings.data_dir) as server:
            yield server.run_tool
    else:
        url = make_url(asyncpg_url(settings.database_url.get_secret_value()))
        yield partial(run_tool, environment=libpq_environment(url))


def libpq_environment(url: URL) -> dict[str, str]:
    """libpq's variables for an address."""
    variables = {_VARIABLES[name]: value for name, value in libpq_parameters(url).items()}
    return {"PGCONNECT_TIMEOUT": "10", **variables}


@contextmanager
def _whole_file(file: Path) -> Iterator[IO[bytes]]:
    """A file beside `file` that takes its place once it is complete; only the owner reads it."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as output:
            yield output
            output.flush()
            os.fsync(handle)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _check_is_backup(file: Path) -> None:
    if not file.is_file():
        raise AskedWrongly(f"There is no file {file}.", hint="Check the path.")
    with file.open("rb") as archive:
        try:
            contents = run_tool("pg_restore", ["--list"], stdin=archive)
        except DatabaseToolFailed:
            contents = ""
    if f" {_REVISION_TABLE} " not in contents:
        raise AskedWrongly(
            f"{file} is no backup of Classifr, or it is damaged.",
            hint="Name a file that `classifr db backup` wrote.",
        )


def _check_unused(run: RunTool) -> None:
    others = int(_query(run, _OTHER_CONNECTIONS))
    if others:
        raise CommandError(
            f"The database is in use: it has {others} other connection(s).",
            hint="Stop `classifr serve` on every machine, then restore.",
        )


@contextmanager
def _restore_script(settings: Settings, file: Path, run: RunTool) -> Iterator[IO[bytes]]:
    """The SQL that replaces everything.

    It is written out before any of it runs, because a damaged file must not look like its end.
    Tables newer than the backup go too, or they would be in the way of its migrations. Token
    versions rise above all those ever given, so that no token that was ended is valid again.
    """
    home = settings.data_dir if settings.data_dir.is_dir() else None
    tables = ", ".join([*Base.metadata.tables, _REVISION_TABLE])
    ended = (
        int(_query(run, "select coalesce(max(token_version), 0) from users"))
        if _has_table(run, "users")
        else 0
    )
    with tempfile.TemporaryFile(dir=home) as script, file.open("rb") as archive:
        # A server that starts now waits at this lock until the restore is over.
        script.write(f"select pg_advisory_xact_lock({ADVISORY_LOCK});\n".encode())
        script.write(b"set client_min_messages = warning;\n")
        script.write(f"drop table if exists {tables} cascade;\n{DROP_SCRIPT}\n".encode())
        script.flush()
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-"]
        run("pg_restore", options, stdin=archive, stdout=script)
        script.seek(0, os.SEEK_END)
        script.write(b"\nreset search_path;\n")
        script.write(f"update users set token_version = token_version + {ended + 1};".encode())  # noqa: S608
        script.seek(0)
        yield script


def _has_table(run: RunTool, name: str) -> bool:
    return _query(run, f"select to_regclass('{name}') is not null") == "t"


def _query(run: RunTool, statement: str) -> str:
    options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]
    return run("psql", [*options, f"--command={statement}"]).strip()
