"""The connection pool, and transactions with what must follow their commit or rollback."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import asyncpg
import structlog
from sqlalchemy import ClauseElement, event, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi, PGDialect_asyncpg
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from classifr.errors import DatabaseUnavailable, StorageFull

_DISK_FULL = "53100"  # PostgreSQL's code.
# The classes of its codes that say the server cannot serve now: connection, resources, operator.
_UNAVAILABLE = ("08", "53", "57")

Followup = Callable[[], Awaitable[None]]

logger = structlog.get_logger()


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        # Taken out of the pool at the first `execute_alone`, and put back at the end.
        self._kept: _Lone | None = None
        self._is_closed = False
        self._autocommit_sessions = async_sessionmaker(
            engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False
        )

    @classmethod
    def connect(cls, url: str, *, pool_size: int) -> "Database":
        """Prepare a pool; connections open on first use. url: with the asyncpg driver."""
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size + 1,  # The one that is kept beside the pool counts.
            pool_timeout=10,
            # An error's text reaches the log; what was being stored must not.
            hide_parameters=True,
            connect_args={"timeout": 5, "command_timeout": 30},
        )
        event.listen(engine.sync_engine, "do_connect", _connect)
        event.listen(engine.sync_engine, "checkout", _replace_if_closed)
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on an error, then runs the followups."""
        async with _transaction(self._sessions) as session:
            yield session

    @asynccontextmanager
    async def lone_statement(self) -> AsyncIterator[AsyncSession]:
        """As `transaction`, for a single statement: it commits by itself, in one round trip."""
        async with _transaction(self._autocommit_sessions) as session:
            yield session

    async def execute_alone(self, statement: str, *values: object) -> Sequence[Sequence[object]]:
        """One statement in the driver's own form ($1, $2, ...), which commits by itself; its rows.

        Nobody waits for the disk: after a power cut, those of the last half second may be gone.
        For what predictions and sign-ins do: an AsyncSession takes four times as long around it,
        and to ask the pool for a connection each time takes twice as long.
        """
        with _driver_errors():
            lone = await self._take_kept()
            try:
                rows: Sequence[Sequence[object]] = await lone.driver.fetch(statement, *values)
            except BaseException:
                await lone.give_up()  # Nobody knows what state it is in.
                raise
            if self._kept is None and not self._is_closed:
                self._kept = lone
            else:
                await lone.give_back()
            return rows

    async def _take_kept(self) -> "_Lone":
        """The connection kept outside the pool, for the caller alone; another if it is away."""
        lone, self._kept = self._kept, None
        if lone is not None:
            if not lone.driver.is_closed():
                return lone
            await lone.give_up()
        with database_errors():
            pooled = await self.engine.raw_connection()
        lone = _Lone(pooled, cast(asyncpg.Connection, pooled.driver_connection))
        try:
            await lone.driver.execute("set synchronous_commit to off")
        except BaseException:
            await lone.give_up()
            raise
        return lone

    async def answers(self) -> bool:
        """Whether the database answers a query now."""
        try:
            with database_errors():
                async with self.engine.connect() as connection:
                    await connection.execute(text("select 1"))
        except DatabaseUnavailable:
            return False
        return True

    async def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        kept, self._kept = self._kept, None
        try:
            if kept is not None:
                await kept.give_back()
        finally:
            await self.engine.dispose()


@dataclass(frozen=True)
class _Lone:
    """A connection out of the pool, and the driver's own within it, which takes long to ask for."""

    pooled: PoolProxiedConnection
    driver: asyncpg.Connection

    async def give_back(self) -> None:
        try:
            await self.driver.execute("reset synchronous_commit")
        except BaseException as error:
            await self.give_up()
            # What was to be done with it is done.
            if not isinstance(error, Exception):
                raise
        else:
            # One more than the pool keeps is closed, which has to wait.
            await greenlet_spawn(self.pooled.close)

    async def give_up(self) -> None:
        """Have the pool forget it. What it was asked is cancelled in the server too."""
        # Outside of a greenlet, its socket would be closed before the server is told.
        await greenlet_spawn(self.pooled.invalidate)


@asynccontextmanager
async def _transaction(
    sessions: async_sessionmaker[AsyncSession],
) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        try:
            with database_errors():
                yield session
        except BaseException:
            with suppress(DatabaseUnavailable), database_errors():
                await session.rollback()
            await _run_followups(session, "after_rollback")
            raise
        # A connection lost from here on leaves open whether the rows are there. Neither kind of
        # followup may then run: the sweep looks at the rows, and deletes the files without one.
        with database_errors():
            await session.commit()
    await _run_followups(session, "after_commit")


def _connect(
    dialect: Dialect,
    _entry: ConnectionPoolEntry,
    arguments: tuple[object, ...],
    options: dict[str, object],
) -> DBAPIConnection:
    """Connect; a server that is not there is an error of ours, unlike other OSErrors."""
    try:
        return dialect.connect(*arguments, **options)
    except OSError as error:
        raise DatabaseUnavailable from error


def _replace_if_closed(
    connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Have the pool open another connection if the server has closed this one.

    The driver knows without asking; `pool_pre_ping` would ask, in three round trips each time.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn a lost, refused or late connection into `DatabaseUnavailable`."""
    try:
        yield
    except (TimeoutError, PoolTimeout) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _DISK_FULL:
            raise StorageFull from error
        if isinstance(error, OperationalError | InterfaceError):
            raise DatabaseUnavailable from error
        # Without a statement it was connecting that failed.
        if error.connection_invalidated or error.statement is None:
            raise DatabaseUnavailable from error
        raise


@contextmanager
def _driver_errors() -> Iterator[None]:
    """As `database_errors`, for what the driver raises where SQLAlchemy is not between."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate == _DISK_FULL:
            raise StorageFull from error
        if str(error.sqlstate).startswith(_UNAVAILABLE):
            raise DatabaseUnavailable from error
        raise
    except (asyncpg.InterfaceError, AsyncAdapt_asyncpg_dbapi.Error, OSError) as error:
        # The second is what SQLAlchemy makes of an error while its pool connects.
        raise DatabaseUnavailable from error


def driver_form(query: ClauseElement) -> str:
    """The query as `Database.execute_alone` takes it; its parameters in the order they stand in."""
    return str(query.compile(dialect=PGDialect_asyncpg()))  # type: ignore[no-untyped-call]


def after_commit(session: AsyncSession, followup: Followup) -> None:
    """Have `followup` run once the transaction is committed, such as deleting a file."""
    session.info.setdefault("after_commit", []).append(followup)


def after_rollback(session: AsyncSession, followup: Followup) -> None:
    """Have `followup` run if the transaction fails, such as removing a file just written."""
    session.info.setdefault("after_rollback", []).append(followup)


async def _run_followups(session: AsyncSession, kind: str) -> None:
    for followup in session.info.get(kind, []):
        try:
            await followup()
        except Exception:
            # The transaction's outcome stands; the sweep removes files left behind.
            logger.exception("followup_failed", kind=kind)
