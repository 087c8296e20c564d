"""The database of this installation: the configured one, or our own server beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from classifr.database import migrations
from classifr.database.embedded import EmbeddedPostgres
from classifr.database.session import Database, database_errors
from classifr.errors import SettingsInvalid
from classifr.settings import Settings


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
    try:
        yield await anyio.to_thread.run_sync(server.start)
    finally:
        # Also after a start that was cancelled half-way: the server may be up.
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(server.stop)


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
