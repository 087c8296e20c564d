"""`classifr db backup` and `classifr db restore`."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.integration.cli import errors, run

from classifr.database.embedded import EmbeddedPostgres


def test_a_database_in_use_is_not_restored(url: str, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert run("db", "backup", file, data_dir=data_dir).returncode == 0
    refused = run("db", "restore", "--yes", file, data_dir=data_dir)
    assert refused.returncode == 1
    (error,) = errors(refused.stderr)
    assert error.startswith("Error: The database is in use")
    assert httpx.get(f"{url}/health/ready").status_code == 200


def query(server: EmbeddedPostgres, statement: str) -> str:
    return server.run_tool("psql", ["-XAtc", statement]).strip()


@dataclass
class Unserved:
    """A database that no server uses, with the account lucia, and a backup of it."""

    server: EmbeddedPostgres
    backup: Path

    def restore(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run("db", "restore", *arguments, data_dir=self.server.data_dir)

    def add_marco(self) -> None:
        query(
            self.server,
            "insert into users (username, password_hash, role, is_disabled, token_version)"
            " values ('marco', '', 'user', false, 0)",
        )

    def remove_marco(self) -> None:
        query(self.server, "delete from users where username = 'marco'")

    def usernames(self) -> str:
        return query(self.server, "select string_agg(username, ' ' order by id) from users")


@pytest.fixture(scope="module")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unserved]:
    """The same database for several tests: each leaves lucia alone in it."""
    folder = tmp_path_factory.mktemp("unserved")
    file = folder / "classifr.backup"
    with EmbeddedPostgres(folder / "data") as server:
        empty = run("db", "backup", file, data_dir=server.data_dir)
        assert empty.returncode == 1
        assert "nothing to back up" in empty.stderr
        run("user", "add", "lucia", "--role", "admin", data_dir=server.data_dir)
        done = run("db", "backup", file, data_dir=server.data_dir)
        assert (done.returncode, done.stdout) == (0, f"{file}\n")
        assert "images are not in it" in done.stderr
        yield Unserved(server, file)


def test_a_backup_is_private_and_whole_and_not_overwritten(unserved: Unserved) -> None:
    file, before = unserved.backup, unserved.backup.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in file.parent.iterdir()) == ["classifr.backup", "data"]
    refused = run("db", "backup", file, data_dir=unserved.server.data_dir)
    assert refused.returncode == 2
    assert file.read_bytes() == before
    forced = run("db", "backup", "--force", file, data_dir=unserved.server.data_dir)
    assert forced.returncode == 0


def test_a_restore_brings_back_what_was(unserved: Unserved) -> None:
    server = unserved.server
    unserved.add_marco()
    query(server, "update users set token_version = 7 where username = 'lucia'")
    # What a newer version added must not be in the way.
    query(server, "create table albums (owner int references users)")
    unasked = unserved.restore(unserved.backup)
    assert unasked.returncode == 2
    assert unserved.usernames() == "lucia marco"

    restored = unserved.restore("--yes", unserved.backup)
    assert restored.returncode == 0, restored.stderr
    assert unserved.usernames() == "lucia"
    # No token of before is valid: neither those of version 7, nor ones revoked before the backup.
    assert int(query(server, "select token_version from users")) > 7
    revision = run("db", "current", data_dir=server.data_dir).stdout.strip()
    assert revision == query(server, "select version_num from alembic_version")


def test_a_damaged_backup_changes_nothing(unserved: Unserved, tmp_path: Path) -> None:
    unserved.add_marco()
    whole = unserved.backup.read_bytes()
    for damaged in (whole[:100], whole[: len(whole) // 2]):
        file = tmp_path / "damaged"
        file.write_bytes(damaged)
        failed = unserved.restore("--yes", file)
        assert failed.returncode in (1, 2)
        assert len(errors(failed.stderr)) == 1
        assert unserved.usernames() == "lucia marco"
    unserved.remove_marco()


def test_a_restore_that_fails_on_the_way_changes_nothing(unserved: Unserved) -> None:
    server = unserved.server
    unserved.add_marco()
    # Indexes come late in a backup, when all tables are replaced already.
    query(
        server,
        "create function refuse() returns event_trigger language plpgsql as"
        " $$ begin raise exception 'not now'; end $$",
    )
    query(
        server,
        "create event trigger refuse on ddl_command_end when tag in ('CREATE INDEX')"
        " execute function refuse()",
    )
    failed = unserved.restore("--yes", unserved.backup)
    query(server, "drop event trigger refuse")
    assert failed.returncode == 1
    (error,) = errors(failed.stderr)
    assert "not now" in error
    assert unserved.usernames() == "lucia marco"
    unserved.remove_marco()
