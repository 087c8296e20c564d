"""The system account of the server when we are root: PostgreSQL refuses to run as root."""

import logging
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from classifr.database.embedded.binaries import bin_dir
from classifr.errors import DatabaseStartFailed

SERVER_ACCOUNT = "classifr-pg"
SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"

logger = logging.getLogger(__name__)


def server_account() -> pwd.struct_passwd | None:
    """The account the server runs as, created if need be; None when it is ours, not being root.

    Raises: DatabaseStartFailed if it cannot be created.
    """
    if os.geteuid() != 0:
        return None
    problem = "neither useradd nor adduser is there"
    for command in _creating_commands():
        if account := _find_account():
            return account
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        problem = result.stderr.strip() or f"{command[0]} answered {result.returncode}"
    if account := _find_account():
        return account
    raise DatabaseStartFailed(
        f"PostgreSQL does not run as root, and the account {SERVER_ACCOUNT} for it cannot be "
        f"created: {problem}. Create it, or run Classifr as an ordinary user, or set "
        "CLASSIFR_DATABASE_URL."
    )


def _find_account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError:
        return None


def _creating_commands() -> Iterable[list[str]]:
    shell = shutil.which("nologin", path=SYSTEM_PATH) or "/bin/false"
    if useradd := shutil.which("useradd", path=SYSTEM_PATH):
        options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
        # A second try, because useradd gives up when another one holds its lock.
        yield [useradd, *options, SERVER_ACCOUNT]
        yield [useradd, *options, SERVER_ACCOUNT]
    if adduser := shutil.which("adduser", path=SYSTEM_PATH):  # BusyBox, as on Alpine.
        yield [adduser, "-S", "-D", "-H", "-h", "/nonexistent", "-s", shell, SERVER_ACCOUNT]


def let_through(path: Path, account: pwd.struct_passwd) -> None:
    """Let the account reach `path`: parent folders closed to it get o+x, which lists nothing."""
    for parent in reversed(path.parents):
        status = parent.stat()
        if status.st_mode & 0o001 or (status.st_uid == account.pw_uid and status.st_mode & 0o100):
            continue
        parent.chmod(status.st_mode & 0o7777 | 0o001)
        logger.warning(
            "Made %s passable (chmod o+x) so that PostgreSQL, running as %s, reaches %s",
            parent,
            account.pw_name,
            path,
        )


def let_run_programs(account: pwd.struct_passwd) -> None:
    """Let the account run PostgreSQL's programs, even if they were installed under umask 077."""
    programs = bin_dir()
    let_through(programs, account)
    if (programs / "postgres").stat().st_mode & 0o005 == 0o005:
        return
    package = programs.parent.parent
    logger.warning("Made %s readable to all so that %s can run it", package, account.pw_name)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode & 0o7777
                path.chmod(mode | 0o004 | (mode >> 6 & 0o001))
