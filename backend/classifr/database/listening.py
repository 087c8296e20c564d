"""A connection outside the pool, on which the database says that something changed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from classifr.database.session import Database
from classifr.errors import DatabaseUnavailable

_CONNECT_SECONDS = 5
_COMMAND_SECONDS = 10


class Listener:
    """Asks the database and hears its notifications. One caller at a time."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, query: str) -> Sequence[Mapping[str, object]]:
        """What the query gives. Raises: DatabaseUnavailable."""
        with _lost_connections():
            return await self._connection.fetch(query)  # type: ignore[no-any-return]

    async def value(self, query: str) -> object:
        """The one value the query gives. Raises: DatabaseUnavailable."""
        with _lost_connections():
            return await self._connection.fetchval(query)


@asynccontextmanager
async def listening(
    database: Database, channel: str, on_change: Callable[[], None]
) -> AsyncIterator[Listener]:
    """Call `on_change` at every notification, and when the connection is lost.

    Raises: DatabaseUnavailable.
    """
    url = database.engine.url
    _, options = database.engine.dialect.create_connect_args(url)
    with _lost_connections():
        connection = await asyncpg.connect(
            **options,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            # By which whoever looks at the server's connections knows this one.
            server_settings={"application_name": channel},
        )
    try:
        connection.add_termination_listener(lambda _: on_change())
        with _lost_connections():
            await connection.add_listener(channel, lambda *_: on_change())
        yield Listener(connection)
    finally:
        # At once: a server that is gone would not answer a goodbye.
        connection.terminate()


@contextmanager
def _lost_connections() -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        TimeoutError,
        asyncio.IncompleteReadError,
        asyncpg.InterfaceError,
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
    ) as error:
        raise DatabaseUnavailable from error
