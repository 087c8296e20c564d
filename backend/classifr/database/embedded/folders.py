"""The folders the server needs: who owns them, who may enter, and where the socket lies."""

import logging
import os
import pwd
import stat
import tempfile
from pathlib import Path

from classifr.errors import DatabaseStartFailed

PORT = 5432  #: Only the socket's name; nothing listens on TCP.
SOCKET_NAME = f".s.PGSQL.{PORT}"
#: macOS has the shortest `sun_path`: 104 bytes with the closing zero.
MAX_SOCKET_PATH_BYTES = 103

logger = logging.getLogger(__name__)


def prepare_data_dir(data_dir: Path) -> None:
    """Create the data folder, closed to other accounts; root's can be passed through, not listed.

    A folder that is there with other people's files in it keeps its mode.
    Raises: DatabaseStartFailed if it belongs to another account or cannot be written.
    """
    home = data_dir / "postgres"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if home.exists() or not any(data_dir.iterdir()):
            _close_to_others(data_dir)
        home.mkdir(exist_ok=True)
        _close_to_others(home)
        owner = home.stat().st_uid
    except OSError as error:
        owner = _owner(data_dir)
        if owner == os.geteuid() or not isinstance(error, PermissionError):
            raise not_usable(data_dir, error) from error
    if owner != os.geteuid():
        raise DatabaseStartFailed(
            f"The data folder {data_dir} belongs to {_name(owner)}, and you are "
            f"{_name(os.geteuid())}. Run Classifr as {_name(owner)}, or choose another folder with "
            "CLASSIFR_DATA_DIR."
        )


def not_usable(data_dir: Path, error: OSError) -> DatabaseStartFailed:
    """What to say when the system refuses something in the data folder, for want of room say."""
    return DatabaseStartFailed(
        f"The data folder {data_dir} cannot be used: {error}. Make sure that it is writable and "
        "the disk is not full, or choose another one with CLASSIFR_DATA_DIR."
    )


def socket_dir_for(home: Path, owner: pwd.struct_passwd | None) -> Path:
    """The 0700 folder of the server's socket: `run` in its home, or a temporary one.

    A socket's path is limited to about 100 bytes, and clients read a comma as a list of hosts. The
    temporary folder is made anew with a name nobody can guess, and recorded in the home, so that
    nobody else's folder can be taken for it.
    """
    uid = owner.pw_uid if owner else os.geteuid()
    own = home / "run"
    record = home / "socket_dir"
    if _is_usable_path(own):
        own.mkdir(mode=0o700, exist_ok=True)
        return _private(own, owner)
    if record.exists() and _is_private(recorded := Path(record.read_text().strip()), uid):
        return recorded
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        folder = Path(tempfile.mkdtemp(prefix="classifr-", dir=parent)).resolve()
        if _is_usable_path(folder):
            record.write_text(f"{folder}\n")
            return _private(folder, owner)
        folder.rmdir()
    raise DatabaseStartFailed(
        f"The path of the data folder {home.parent} is too long for a socket, and so is the "
        "temporary folder's. Choose a shorter one with CLASSIFR_DATA_DIR."
    )


def drop_temporary_socket_dir(home: Path) -> None:
    """Remove what `socket_dir_for` put into the temporary folder, once the server is gone."""
    record = home / "socket_dir"
    if record.exists():
        folder = Path(record.read_text().strip())
        record.unlink()
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _is_usable_path(folder: Path) -> bool:
    path = os.fsencode(folder / SOCKET_NAME)
    return len(path) <= MAX_SOCKET_PATH_BYTES and not set(path) & set(b",'\"\\\n")


def _private(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    folder.chmod(0o700)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    return folder


def _is_private(folder: Path, uid: int) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o077


def _close_to_others(folder: Path) -> None:
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _owner(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return path.stat().st_uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
