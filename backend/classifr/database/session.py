"""The connection pool, and transactions with what must follow their commit or rollback."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from classifr.errors import DatabaseUnavailable

Followup = Callable[[], Awaitable[None]]

logger = structlog.get_logger()


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    def connect(cls, url: str, *, pool_size: int) -> "Database":
        """Prepare a pool; connections open on first use. url: with the asyncpg driver."""
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            # An error's text reaches the log; what was being stored must not.
            hide_parameters=True,
            connect_args={"timeout": 5, "command_timeout": 30},
        )
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on an error, then runs the followups."""
        async with self._sessions() as session:
            try:
                with database_errors():
                    yield session
                    await session.commit()
            except BaseException:
                with suppress(DatabaseUnavailable), database_errors():
                    await session.rollback()
                await _run_followups(session, "after_rollback")
                raise
        await _run_followups(session, "after_commit")

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
        await self.engine.dispose()


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn a lost, refused or late connection into `DatabaseUnavailable`.

    Storage has errors of its own, so an OSError in here is the connection's.
    """
    try:
        yield
    except (OSError, PoolTimeout, OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable from error
        raise


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
