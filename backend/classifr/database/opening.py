"""The database of this installation: the configured one, or our own server beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from classifr.database import migrations
from classifr.database.embedded import EmbeddedPostgres
from classifr.database.session import Database, database_errors
from classifr.errors import DatabaseStartFailed, SettingsInvalid
from classifr.settings import Settings

logger = structlog.get_logger()

_WATCH_SECONDS = 3


@asynccontextmanager
async def open_database(settings: Settings, *, migrate: bool = True) -> AsyncIterator[Database]:
    """A database whose schema is the newest; the embedded server stops with its last user.

    Raises: SettingsInvalid, DatabaseStartFailed, DatabaseUnavailable.
    """
    async with _url(settings) as url:
        database = Database.connect(url, pool_size=settings.database_pool_size)
        try:
            if migrate:
                with database_errors():
                    await migrations.upgrade(database.engine)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def _url(settings: Settings) -> AsyncIterator[str]:
    if settings.database_url is not None:
        yield asyncpg_url(settings.database_url.get_secret_value())
        return
    server = EmbeddedPostgres(settings.data_dir)
    watch = None
    try:
        url = await anyio.to_thread.run_sync(server.start)
        watch = asyncio.create_task(_watch(server))
        yield url
    finally:
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        # Also after a start that was cancelled half-way: the server may be up.
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(server.stop)


async def _watch(server: EmbeddedPostgres) -> None:
    """Bring the server back if it ends by itself, until cancelled."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        try:
            await anyio.to_thread.run_sync(server.ensure_running)
        except (DatabaseStartFailed, OSError) as error:
            logger.error("embedded_postgres_is_down", reason=str(error))


def asyncpg_url(url: str) -> str:
    """An address as SQLAlchemy wants it. Raises: SettingsInvalid."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsInvalid(
            "CLASSIFR_DATABASE_URL is no address. Write postgresql://user:password@host:5432/name."
        ) from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise SettingsInvalid("CLASSIFR_DATABASE_URL must begin with postgresql://.")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
