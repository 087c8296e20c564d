"""Bring the schema to the newest revision, one process at a time."""

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from classifr.errors import DatabaseStartFailed
from classifr.resources import resource_dir

logger = structlog.get_logger()

#: Held while the schema changes. Any constant serves, as long as all processes take the same.
ADVISORY_LOCK = 0x636C6173


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Run the migrations up to `revision`; other processes wait, then find nothing to do.

    Raises: DatabaseStartFailed if the schema is of a newer version than this code.
    """
    async with engine.begin() as connection:
        try:
            await connection.run_sync(_upgrade, revision)
        except CommandError as error:
            raise DatabaseStartFailed(
                "The database was made by a newer version of Classifr. "
                "Install that version, or restore a backup of this one."
            ) from error


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Run the migrations down to `revision`, `base` for an empty schema."""
    async with engine.begin() as connection:
        await connection.run_sync(_downgrade, revision)


async def current_revision(engine: AsyncEngine) -> str | None:
    """The revision the schema has, None for an empty one."""
    async with engine.connect() as connection:
        return await connection.run_sync(_current)


def newest_revision() -> str | None:
    """The revision the code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this code has the revision, rather than a newer version of it."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(script.revision == revision for script in scripts)


def _upgrade(connection: Connection, revision: str) -> None:
    _lock(connection)
    before = _current(connection)
    if before != newest_revision():
        command.upgrade(_config(connection), revision)
        logger.info("database_migrated", before=before, after=_current(connection))


def _downgrade(connection: Connection, revision: str) -> None:
    _lock(connection)
    command.downgrade(_config(connection), revision)


def _lock(connection: Connection) -> None:
    # Held until the transaction ends.
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
