"""The embedded PostgreSQL starts and stops with whoever needs it."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.integration.embedded_postgres.processes import (
    Holder,
    answers,
    is_alive,
    postmaster_pid,
    server_processes,
    server_state,
)

from classifr.database.embedded import EmbeddedPostgres
from classifr.database.embedded import server as server_module
from classifr.database.embedded.locks import exclusive
from classifr.errors import DatabaseStartFailed


async def test_first_and_second_start_serve_the_same_database(new_data_dir: Path) -> None:
    with EmbeddedPostgres(new_data_dir) as server:
        connection = await asyncpg.connect(server.libpq_url)
        await connection.execute("CREATE TABLE dish (name text)")
        await connection.execute("INSERT INTO dish VALUES ('risotto')")
        await connection.close()
    assert server_processes(new_data_dir) == []
    with EmbeddedPostgres(new_data_dir) as server:
        engine = create_async_engine(server.url)
        async with engine.connect() as session:
            assert (await session.execute(text("SELECT name FROM dish"))).scalar() == "risotto"
        await engine.dispose()
    state = server_state(new_data_dir)
    assert "shut down\n" in state


async def test_start_twice_and_stop_twice_do_nothing_more(server: EmbeddedPostgres) -> None:
    assert server.start() == server.url
    server.stop()
    server.stop()
    assert server_processes(server.data_dir) == []


async def test_the_last_of_two_holders_stops_it(
    server: EmbeddedPostgres, data_dir: Path, hold: Callable[..., Holder]
) -> None:
    other = hold()
    assert other.do("start") == "done"
    before = postmaster_pid(data_dir)
    server.stop()
    assert is_alive(before)
    server.start()
    assert postmaster_pid(data_dir) == before
    other.do("stop")
    assert await answers(server)
    server.stop()
    assert server_processes(data_dir) == []


def test_three_processes_that_start_and_stop_at_once_leave_nothing(
    new_data_dir: Path, hold: Callable[..., Holder]
) -> None:
    holders = [hold(new_data_dir) for _ in range(3)]
    for _ in range(8):
        for word in ("start", "stop"):
            for holder in holders:
                holder.tell(word)
            assert [holder.answer() for holder in holders] == ["done"] * 3
        assert server_processes(new_data_dir) == []


def test_two_processes_that_come_and_go_as_they_like_are_always_served(
    data_dir: Path, hold: Callable[..., Holder]
) -> None:
    holders = [hold() for _ in range(2)]
    for holder in holders:
        holder.tell("cycle")
    assert [holder.answer() for holder in holders] == ["done"] * 2
    assert server_processes(data_dir) == []


def test_only_one_process_at_a_time_starts_or_stops(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "START_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(server_module, "STOP_TIMEOUT_SECONDS", {})
    with exclusive(server.data_dir / "postgres/start.lock", timeout_seconds=1):
        with pytest.raises(DatabaseStartFailed, match="Another Classifr process has been"):
            EmbeddedPostgres(server.data_dir).start()
        server.stop()
    assert server_processes(server.data_dir) != []
    monkeypatch.undo()
    with server:
        pass


def test_unusual_characters_in_the_path(folder: Path, fill: Callable[[Path], Path]) -> None:
    for name in ("a b:c@d?e=f&g#h%41+$HOME", 'it\'s "cannoli", é `x`'):
        with EmbeddedPostgres(fill(folder / name)) as server:
            assert server.run_tool("psql", ["-Atc", "SELECT 1"]) == "1\n"
        assert server_processes(folder / name) == []


async def test_variables_of_the_caller_change_nothing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGDATABASE", "PGUSER", "PGDATA", "PGOPTIONS", "LC_ALL"):
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("CLASSIFR_ADMIN_PASSWORD", "a secret")
    with EmbeddedPostgres(data_dir) as server:
        assert server.run_tool("psql", ["-Atc", "SHOW timezone"]) == "UTC\n"
        monkeypatch.delenv("PGOPTIONS")
        assert await answers(server)
        environment = psutil.Process(postmaster_pid(data_dir)).environ()
        assert not {"PGHOST", "CLASSIFR_ADMIN_PASSWORD"} & environment.keys()
