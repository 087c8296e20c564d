"""Migrations and models describe the same schema, in both directions."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from classifr.database import migrations
from classifr.database.models import Base
from classifr.errors import DatabaseStartFailed
from classifr.jobs.schema import PREFIX, create_script


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty database of its own."""
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    server = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text("create database migrations"))
    engine = create_async_engine(server.url.set(database="migrations"))
    yield engine
    await engine.dispose()
    async with server.connect() as connection:
        await connection.execute(text("drop database migrations with (force)"))
    await server.dispose()


def differences(connection: Connection) -> list[object]:
    """What autogenerate would still change."""
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or not is_of_procrastinate(name),
        },
    )
    return list(compare_metadata(context, Base.metadata))


def tables(connection: Connection) -> set[str]:
    """Our tables that are there."""
    names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    return {name for name in names if not is_of_procrastinate(name)}


def is_of_procrastinate(name: str) -> bool:
    """Whether a table is made by procrastinate's own script, and described nowhere of ours."""
    return name.startswith(PREFIX)


async def leftovers(engine: AsyncEngine) -> list[str]:
    """What procrastinate has in the database."""
    query = text("""
        select relname from pg_class where starts_with(relname, 'procrastinate_')
        union all select proname from pg_proc where starts_with(proname, 'procrastinate_')
        union all select typname from pg_type where starts_with(typname, 'procrastinate_')
    """)
    async with engine.connect() as connection:
        return list(await connection.scalars(query))


async def test_up_down_and_up_again_agree_with_the_models(engine: AsyncEngine) -> None:
    for _ in range(2):
        await migrations.upgrade(engine)
        assert await migrations.current_revision(engine) == migrations.newest_revision()
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
            assert await connection.run_sync(tables) == set(Base.metadata.tables)
        assert {"procrastinate_jobs", "procrastinate_fetch_job_v2"} <= set(await leftovers(engine))
        await migrations.downgrade(engine, "base")
        assert await migrations.current_revision(engine) is None
        async with engine.connect() as connection:
            assert await connection.run_sync(tables) == set()
        assert await leftovers(engine) == []


def test_schema_of_procrastinate_is_the_one_that_was_migrated() -> None:
    """Another one needs a migration of ours that runs procrastinate's own."""
    digest = hashlib.sha256(create_script().encode()).hexdigest()
    assert digest.startswith("c70ec4b400a60ad9"), digest


async def test_many_processes_may_migrate_at_once(engine: AsyncEngine) -> None:
    await asyncio.gather(*(migrations.upgrade(engine) for _ in range(4)))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_schema_of_a_newer_version_is_refused(engine: AsyncEngine) -> None:
    await migrations.upgrade(engine)
    async with engine.begin() as connection:
        await connection.execute(text("update alembic_version set version_num = 'later'"))
    with pytest.raises(DatabaseStartFailed, match="newer version"):
        await migrations.upgrade(engine)
