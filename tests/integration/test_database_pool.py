"""What every connection of the pool keeps to."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from classifr.database.session import Database
from classifr.errors import DatabaseUnavailable, StorageFull


async def test_idle_connection_the_server_closed_is_replaced(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database, other = (Database.connect(url, pool_size=1) for _ in range(2))
    try:
        async with database.transaction() as session:
            closed = await session.scalar(text("select pg_backend_pid()"))
        async with other.transaction() as session:
            await session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": closed})
        async with database.transaction() as session:
            assert await session.scalar(text("select pg_backend_pid()")) != closed
    finally:
        await database.close()
        await other.close()


async def test_connection_beyond_what_the_pool_keeps_is_closed(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database, other = (Database.connect(url, pool_size=2) for _ in range(2))
    pause = "select pg_sleep(0.2)"
    # What was asked last on those that stay: the one kept beside the pool was asked nothing else.
    asked = text("select query from pg_stat_activity where query = any(:queries) order by query")
    queries = [pause, "reset synchronous_commit"]
    try:
        # The pool lends twice what it keeps. Beside it, one stays for the next lone statement.
        await asyncio.gather(*(database.execute_alone(pause) for _ in range(4)))
        async with other.transaction() as session, asyncio.timeout(5):
            while list(await session.scalars(asked, {"queries": queries})) != [
                queries[1],
                queries[1],
                pause,
            ]:
                await session.execute(text("select pg_stat_clear_snapshot(), pg_sleep(0.02)"))
    finally:
        await database.close()
        await other.close()


async def test_lone_statement_opens_no_transaction(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=1)
    transaction_started_at = text("select transaction_timestamp()")
    try:
        async with database.lone_statement() as session:
            times = [await session.scalar(transaction_started_at) for _ in range(2)]
            assert times[0] != times[1]
        # The same connection, which must not have kept that.
        async with database.transaction() as session:
            times = [await session.scalar(transaction_started_at) for _ in range(2)]
            assert times[0] == times[1]
    finally:
        await database.close()


async def test_error_of_the_database_does_not_tell_what_was_being_stored(
    postgres_url: str,
) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=1)
    try:
        with pytest.raises(DBAPIError, match="division by zero") as caught:
            async with database.transaction() as session:
                await session.execute(text("select 1 / 0, cast(:x as text)"), {"x": "hush"})
        assert "hush" not in str(caught.value)
    finally:
        await database.close()


async def test_full_disk_of_the_database_is_told_as_such(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=1)
    fails = text("do $$ begin raise exception 'no space' using errcode = '53100'; end $$")
    try:
        with pytest.raises(StorageFull):
            async with database.transaction() as session:
                await session.execute(fails)
    finally:
        await database.close()


async def test_statement_executed_alone_commits_by_itself(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=1)
    try:
        await database.execute_alone("create table kept_alone as select $1::int as number", 7)
        async with database.transaction() as session:
            assert await session.scalar(text("select number from kept_alone")) == 7
        await database.execute_alone("drop table kept_alone")
    finally:
        await database.close()


async def test_statement_executed_alone_does_not_wait_for_the_disk_as_others_do(
    postgres_url: str,
) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=2)
    is_off = "perform 1 / (current_setting('synchronous_commit') = 'off')::int"
    try:
        # Two at the same time, of which one goes back to the pool.
        waiting = f"do $$ begin perform pg_sleep(0.1); {is_off}; end $$"
        await asyncio.gather(*(database.execute_alone(waiting) for _ in range(2)))
        async with database.transaction() as one, database.transaction() as two:
            for session in (one, two):
                assert await session.scalar(text("show synchronous_commit")) == "on"
    finally:
        await database.close()


async def test_statement_executed_alone_tells_its_errors_as_any_other(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database = Database.connect(url, pool_size=1)
    try:
        with pytest.raises(StorageFull):
            await database.execute_alone(
                "do $$ begin raise exception 'no space' using errcode = '53100'; end $$"
            )
        with pytest.raises(DatabaseUnavailable):
            await database.execute_alone("select pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await database.execute_alone("select 1 / $1::int", 0)
        assert await database.answers()
    finally:
        await database.close()


async def test_connection_kept_for_lone_statements_is_replaced_when_closed_meanwhile(
    postgres_url: str,
) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database, other = (Database.connect(url, pool_size=1) for _ in range(2))
    who = text("select pid from pg_stat_activity where query = 'select 61'")
    try:
        await database.execute_alone("select 61")
        async with other.transaction() as session:
            pid = await session.scalar(who)
            await session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        await database.execute_alone("select 61")
    finally:
        await database.close()
        await other.close()


async def test_statement_executed_alone_that_nobody_waits_for_ends_in_the_server_too(
    postgres_url: str,
) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    database, other = (Database.connect(url, pool_size=1) for _ in range(2))
    asleep = "select pg_sleep(61)"
    running = text(
        "select count(*) from pg_stat_activity where query = :query and state = 'active'"
    )
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.execute_alone(asleep)
        async with other.transaction() as session, asyncio.timeout(5):
            while await session.scalar(running, {"query": asleep}):
                await session.execute(text("select pg_stat_clear_snapshot(), pg_sleep(0.02)"))
    finally:
        await database.close()
        await other.close()


async def test_statement_executed_alone_without_a_database_says_so() -> None:
    database = Database.connect("postgresql+asyncpg://nobody@/none?host=/nowhere", pool_size=1)
    try:
        with pytest.raises(DatabaseUnavailable):
            await database.execute_alone("select 1")
    finally:
        await database.close()
