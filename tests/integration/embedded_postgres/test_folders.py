"""Data folders as people have them."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from tests.integration.embedded_postgres.processes import (
    IS_ROOT,
    answers,
    as_root,
    mode,
    postmaster_pid,
)

from classifr.database.embedded import SERVER_ACCOUNT, EmbeddedPostgres, cluster
from classifr.errors import DatabaseStartFailed


def test_folders_and_socket_are_closed_to_others(server: EmbeddedPostgres) -> None:
    home = server.data_dir / "postgres"
    owner = pwd.getpwnam(SERVER_ACCOUNT).pw_uid if IS_ROOT else os.geteuid()
    for path in (home / "data", server.socket_dir, server.socket_dir / ".s.PGSQL.5432"):
        assert mode(path) == 0o700
        assert path.stat().st_uid == owner
    for path in (server.data_dir, home):
        assert mode(path) == (0o711 if IS_ROOT else 0o700)
        assert path.stat().st_uid == os.geteuid()
    assert psutil.Process(postmaster_pid(server.data_dir)).uids().real == owner


async def test_nothing_listens_on_tcp(server: EmbeddedPostgres) -> None:
    process = psutil.Process(postmaster_pid(server.data_dir))
    assert process.net_connections("inet") == []


def test_long_path_uses_a_private_temporary_socket_folder(
    folder: Path, fill: Callable[[Path], Path]
) -> None:
    with EmbeddedPostgres(fill(folder / ("x" * 100))) as server:
        first = server.socket_dir
        assert first.parent == Path(tempfile.gettempdir()).resolve()
        assert mode(first) == 0o700
        with EmbeddedPostgres(server.data_dir) as joined:
            assert joined.socket_dir == first
        assert server.run_tool("psql", ["-Atc", "SELECT 1"]) == "1\n"
    assert not first.exists()


def test_somebody_elses_folder_is_never_the_socket_folder(
    folder: Path, fill: Callable[[Path], Path]
) -> None:
    trap = folder / "trap"
    trap.mkdir()
    trap.chmod(0o777)
    data_dir = fill(folder / ("x" * 100))
    (data_dir / "postgres/socket_dir").write_text(str(trap))
    with EmbeddedPostgres(data_dir) as server:
        assert server.socket_dir != trap


def test_a_folder_with_other_files_keeps_its_mode(new_data_dir: Path) -> None:
    new_data_dir.mkdir()
    new_data_dir.chmod(0o755)
    (new_data_dir / "holiday.jpg").touch()
    with EmbeddedPostgres(new_data_dir):
        assert mode(new_data_dir) == 0o755


def test_database_of_another_version_is_refused(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    (data_dir / "postgres/data/PG_VERSION").write_text("17\n")
    with pytest.raises(DatabaseStartFailed, match="made by PostgreSQL 17"):
        EmbeddedPostgres(data_dir).start()


async def test_a_failed_start_says_why_and_can_be_repeated(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    settings = data_dir / "postgres/data/postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nspice = 'too much'\n")
    server = EmbeddedPostgres(data_dir)
    with pytest.raises(DatabaseStartFailed, match=r'unrecognized configuration .* "spice"'):
        server.start()
    settings.write_text(good)
    with server:
        assert await answers(server)


def test_damaged_folder_is_left_alone(new_data_dir: Path) -> None:
    precious = new_data_dir / "postgres/data/base"
    precious.mkdir(parents=True)
    with pytest.raises(DatabaseStartFailed, match="no whole database"):
        EmbeddedPostgres(new_data_dir).start()
    assert precious.exists()


@as_root
def test_full_disk_is_said(new_data_dir: Path) -> None:
    new_data_dir.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(new_data_dir)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount")
    try:
        with pytest.raises(DatabaseStartFailed, match="No space left on device"):
            EmbeddedPostgres(new_data_dir).start()
        assert list(new_data_dir.glob("postgres/data*")) == []
    finally:
        subprocess.run(["umount", str(new_data_dir)], check=True)


async def test_log_stays_small_and_holds_no_values(data_dir: Path) -> None:
    log = data_dir / "postgres/data/server.log"
    with EmbeddedPostgres(data_dir) as server:
        connection = await asyncpg.connect(server.libpq_url)
        await connection.execute("CREATE TABLE person (name text UNIQUE)")
        for _ in range(2):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(
                    "INSERT INTO person VALUES ('Ada'); INSERT INTO person VALUES ('Ada')"
                )
        await connection.close()
        assert "duplicate key" in log.read_text()
        assert "Ada" not in log.read_text()
    os.truncate(log, cluster.MAX_LOG_BYTES + 1)
    with EmbeddedPostgres(data_dir):
        assert log.stat().st_size < 10_000
        assert log.with_name("server.log.1").exists()
