"""Start, share and stop the embedded PostgreSQL.

Whoever uses the server holds a share of `users.lock`; the server itself holds `server.lock`, which
it inherits from whoever starts it, until its last process is gone. `start.lock` lets one process
at a time look at both and act. The kernel frees each lock when its holder dies, so that neither a
kill -9 nor a PID used twice misleads anyone.
"""

import logging
import signal
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from classifr.database.embedded import binaries, folders
from classifr.database.embedded.account import server_account
from classifr.database.embedded.cluster import NAME, Cluster
from classifr.database.embedded.locks import POLL_SECONDS, FileLock, exclusive
from classifr.errors import DatabaseStartFailed

START_TIMEOUT_SECONDS = 120.0  #: Recovery after a power cut is part of a start.
#: PostgreSQL's "fast" shutdown, and if need be the "immediate" one, after which it recovers.
STOP_TIMEOUT_SECONDS = {signal.SIGINT: 30.0, signal.SIGQUIT: 10.0}

logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """The PostgreSQL of a data folder, shared by every process that has started it.

    All methods block: call them in a thread from async code. A forked child holds no share; it
    starts again for one.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self._home = self.data_dir / "postgres"
        self._users = FileLock(self._home / "users.lock")
        self._cluster: Cluster | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """For SQLAlchemy on asyncpg."""
        return f"postgresql+asyncpg://{self._address}"

    @property
    def libpq_url(self) -> str:
        """For libpq (psql, psycopg) and for asyncpg itself."""
        return f"postgresql://{self._address}"

    @property
    def socket_dir(self) -> Path:
        """The folder of the server's socket. Raises: DatabaseStartFailed before `start`."""
        return self._started.socket_dir

    @property
    def bin_dir(self) -> Path:
        """The folder of pg_dump, pg_restore, psql and the others."""
        return binaries.bin_dir()

    def start(self) -> str:
        """Start the server, or join the one that runs; `url`. Again while started: nothing more.

        Raises: DatabaseStartFailed
        """
        if self._users.descriptor is not None:
            return self.url
        folders.prepare_data_dir(self.data_dir)
        try:
            account = server_account()
            with self._one_at_a_time():
                self._users.share()
                try:
                    socket_dir = folders.socket_dir_for(self._home, account)
                    self._cluster = Cluster(self._home, socket_dir, account)
                    self._ensure_running(self._cluster)
                except BaseException:
                    self._leave()
                    raise
        except OSError as error:
            raise folders.not_usable(self.data_dir, error) from error
        return self.url

    def ensure_running(self) -> None:
        """Start the server again if it ended by itself, say killed for want of memory.

        Raises: DatabaseStartFailed, also before `start`.
        """
        cluster = self._started
        if not cluster.is_ready():
            with self._one_at_a_time():
                self._ensure_running(cluster)

    def stop(self) -> None:
        """Leave the server; whoever leaves last stops it. Its troubles are logged, not raised."""
        if self._users.descriptor is None:
            return
        try:
            with self._one_at_a_time():
                self._leave()
        except (OSError, DatabaseStartFailed) as error:
            self._users.release()
            logger.warning("Left the embedded PostgreSQL without stopping it: %s", error)

    def run_tool(
        self,
        name: str,
        args: Sequence[str],
        *,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> str:
        """Run a client program, say pg_dump, on this database; its output unless `stdout` has it.

        Raises: DatabaseToolFailed
        """
        connection = {
            "PGHOST": str(self.socket_dir),
            "PGPORT": str(folders.PORT),
            "PGUSER": NAME,
            "PGDATABASE": NAME,
        }
        return binaries.run_tool(name, args, environment=connection, stdin=stdin, stdout=stdout)

    @property
    def _started(self) -> Cluster:
        if self._cluster is None:
            raise DatabaseStartFailed("The embedded PostgreSQL is not started. Start it first.")
        return self._cluster

    @property
    def _address(self) -> str:
        # The port is said because clients would otherwise take PGPORT from the environment.
        return f"{NAME}@/{NAME}?host={quote(str(self.socket_dir), safe='/')}&port={folders.PORT}"

    def _one_at_a_time(self) -> AbstractContextManager[None]:
        return exclusive(
            self._home / "start.lock", START_TIMEOUT_SECONDS + sum(STOP_TIMEOUT_SECONDS.values())
        )

    def _ensure_running(self, cluster: Cluster) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        log_end: int | None = None
        while time.monotonic() < deadline:
            # Free means that no process of a server is alive; else one is up, coming or going.
            lock = FileLock(self._home / "server.lock")
            try:
                if not lock.try_exclusive():
                    if cluster.is_ready():
                        return
                elif log_end is None and lock.descriptor is not None:
                    log_end = cluster.launch(lock.descriptor)
                else:
                    raise DatabaseStartFailed(
                        "The embedded PostgreSQL ended while it was starting: "
                        f"{cluster.log_since(log_end or 0)} (its log is {cluster.log})"
                    )
            finally:
                lock.forget()
            time.sleep(POLL_SECONDS)
        raise DatabaseStartFailed(
            f"The embedded PostgreSQL is not ready after {START_TIMEOUT_SECONDS:.0f} seconds. "
            f"Its log is {cluster.log}; end its processes and try again."
        )

    def _leave(self) -> None:
        try:
            if self._users.try_exclusive() and self._cluster is not None:
                self._shut_down(self._cluster)
        finally:
            self._users.release()
            self._cluster = None

    def _shut_down(self, cluster: Cluster) -> None:
        lock = FileLock(self._home / "server.lock")
        try:
            for number, timeout_seconds in STOP_TIMEOUT_SECONDS.items():
                deadline = time.monotonic() + timeout_seconds
                if not lock.try_exclusive():
                    cluster.send(number)
                while not lock.try_exclusive() and time.monotonic() < deadline:
                    time.sleep(POLL_SECONDS)
            if lock.try_exclusive():
                folders.drop_temporary_socket_dir(self._home)
            else:
                logger.error("The embedded PostgreSQL does not stop; its log is %s", cluster.log)
        finally:
            lock.release()
