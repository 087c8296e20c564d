"""PostgreSQL's own folder (pgdata): made whole or not at all, started, asked, signalled."""

import logging
import os
import pwd
import shlex
import shutil
import signal
import socket
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from classifr.database.embedded.account import let_run_programs, let_through
from classifr.database.embedded.binaries import MAJOR_VERSION, run_server_program, tail
from classifr.database.embedded.folders import PORT, SOCKET_NAME
from classifr.errors import DatabaseStartFailed

NAME = "classifr"  #: Of the database and of its only role.
MAX_LOG_BYTES = 1_000_000
#: "May we speak TLS?": the shortest question that only a living server answers.
#: Source: PostgreSQL documentation, Message Formats, SSLRequest.
SSL_REQUEST = struct.pack("!II", 8, 80877103)
ANSWER_TIMEOUT_SECONDS = 1.0

#: Written to postgresql.conf when the database is made; `ALTER SYSTEM` or an edit changes them.
CONFIGURATION = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "io_method": "sync",  # Saves three processes.
    "wal_level": "minimal",  # Nobody replicates from here.
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A failed statement is the application's to report, and its values may be personal.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cluster:
    """The database in `home`/data, and the server that runs on it."""

    home: Path
    socket_dir: Path
    account: pwd.struct_passwd | None  #: Whose the server is; None when it is ours.

    @property
    def pgdata(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.pgdata / "server.log"

    @property
    def _pid_file(self) -> Path:
        return self.pgdata / "postmaster.pid"

    def launch(self, lock: int) -> int:
        """Start a server and do not wait for it; where its log ended before that.

        lock: a descriptor that the server's processes keep open as long as one of them lives.
        Raises: DatabaseStartFailed, OSError
        """
        if self.account is not None:
            let_run_programs(self.account)
            let_through(self.pgdata, self.account)
            let_through(self.socket_dir, self.account)
        if not (self.pgdata / "PG_VERSION").exists():
            self._create(lock)
        self._check_version()
        self._give_to_account(self.pgdata)
        self._drop_misleading_pid_files()
        log_end = self._rotate_log()
        options = {
            "listen_addresses": "",
            "port": str(PORT),
            # Quoted once more, as an element of a list.
            "unix_socket_directories": f'"{self.socket_dir}"',
            "unix_socket_permissions": "0700",
        }
        words = [f"-c {shlex.quote(f'{key}={value}')}" for key, value in options.items()]
        # The folder is known from PGDATA; here it shows people, and us, whose server this is.
        words.append(f"-D {shlex.quote(str(self.pgdata))}")
        command = ["start", "-W", "-s", "-l", self.log.name, "-o", " ".join(words)]
        self._run("pg_ctl", command, lock)
        return log_end

    def is_ready(self) -> bool:
        """Whether the server accepts connections."""
        if _pid_file_lines(self._pid_file)[7:8] != ["ready"]:
            return False
        # Connecting alone proves nothing: the kernel accepts for a server that is being killed.
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(ANSWER_TIMEOUT_SECONDS)
            try:
                client.connect(str(self.socket_dir / SOCKET_NAME))
                client.sendall(SSL_REQUEST)
                return client.recv(1) in {b"N", b"S"}
            except OSError:
                return False

    def send(self, number: signal.Signals) -> None:
        """Signal the server, if the recorded PID is still that of this server."""
        pid = _recorded_pid(self._pid_file)
        if pid is not None and self._is_our_server(pid):
            os.kill(pid, number)

    def log_since(self, start: int) -> str:
        """The last lines written to the log after its first `start` bytes."""
        with self.log.open("rb") as log:
            log.seek(start)
            return tail(log.read().decode(errors="replace"))

    def _create(self, lock: int) -> None:
        """Make the database aside and move it into place whole, so that no kill leaves a half."""
        if self.pgdata.exists() and any(self.pgdata.iterdir()):
            raise DatabaseStartFailed(
                f"{self.pgdata} holds files, but no whole database. Move it away and start again, "
                "then restore a backup (`classifr db restore`)."
            )
        for remains in self.home.glob("data.new-*"):
            shutil.rmtree(remains)
        logger.info("Creating the embedded PostgreSQL in %s", self.pgdata)
        staging = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.home))
        # The built-in locale sorts and compares the same on every system.
        options = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [f"--username={NAME}", "--encoding=UTF8"]
        options += ["--auth-local=trust", "--auth-host=reject"]
        options += [f"--set={name}={value}" for name, value in CONFIGURATION.items()]
        try:
            self._give_to_account(staging)
            self._run("initdb", options, lock, pgdata=staging)
            statement = f"CREATE DATABASE {NAME}\n"
            self._run("postgres", ["--single", "postgres"], lock, pgdata=staging, stdin=statement)
            staging.rename(self.pgdata)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        # Without this a power cut could undo the rename, not what was stored since.
        folder = os.open(self.home, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _check_version(self) -> None:
        version = (self.pgdata / "PG_VERSION").read_text().strip()
        if version != str(MAJOR_VERSION):
            raise DatabaseStartFailed(
                f"The database in {self.pgdata} was made by PostgreSQL {version}, and this "
                f"Classifr brings {MAJOR_VERSION}. Make a backup with the Classifr that made it "
                "(`classifr db backup`), move the folder away, and restore the backup."
            )

    def _drop_misleading_pid_files(self) -> None:
        """Remove a dead server's PID files if another program has its PID now.

        PostgreSQL sees through a PID that is gone by itself, but takes any other for the server:
        another program's, and its own if nobody has collected the dead process yet.
        """
        pid_files = (self._pid_file, self.socket_dir / f"{SOCKET_NAME}.lock")
        for pid_file in pid_files:
            pid = _recorded_pid(pid_file)
            if pid is not None and psutil.pid_exists(pid) and not self._is_our_server(pid):
                logger.warning("Removed %s: process %s is not this server", pid_file, pid)
                pid_file.unlink()

    def _is_our_server(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                return False
            try:
                return Path(process.cwd()).samefile(self.pgdata)
            except (psutil.AccessDenied, OSError):  # Root in a container may not read it.
                return str(self.pgdata) in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _rotate_log(self) -> int:
        size = self.log.stat().st_size if self.log.exists() else 0
        if size <= MAX_LOG_BYTES:
            return size
        self.log.replace(self.log.with_suffix(".log.1"))
        return 0

    def _give_to_account(self, folder: Path) -> None:
        """Make the account the owner, also after it got another number (a new container)."""
        if self.account is None or folder.stat().st_uid == self.account.pw_uid:
            return
        for path in (*folder.rglob("*"), folder):
            os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)

    def _run(
        self,
        name: str,
        args: Sequence[str],
        lock: int,
        *,
        pgdata: Path | None = None,
        stdin: str = "",
    ) -> None:
        run_server_program(
            name,
            args,
            pgdata=pgdata or self.pgdata,
            account=self.account,
            keep_open=lock,
            stdin=stdin,
        )


def _pid_file_lines(pid_file: Path) -> list[str]:
    try:
        return [line.strip() for line in pid_file.read_text().splitlines()]
    except FileNotFoundError:
        return []


def _recorded_pid(pid_file: Path) -> int | None:
    first = next(iter(_pid_file_lines(pid_file)), "")
    return int(first) if first.isdecimal() and int(first) > 1 else None
