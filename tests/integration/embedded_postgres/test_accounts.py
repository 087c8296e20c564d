"""As root and as an ordinary user."""

import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.integration.embedded_postgres.processes import (
    ORDINARY_USER,
    Holder,
    answers,
    as_root,
    mode,
    postmaster_pid,
    server_processes,
)

from classifr.database.embedded import EmbeddedPostgres, account, bin_dir
from classifr.errors import DatabaseStartFailed


def test_ordinary_user(
    new_data_dir: Path, hold: Callable[..., Holder], ordinary_uid: int | None
) -> None:
    uid = os.geteuid() if ordinary_uid is None else ordinary_uid
    holder = hold(new_data_dir, ordinary_uid)
    assert holder.do("start") == "done"
    before = postmaster_pid(new_data_dir)
    assert psutil.Process(before).uids().real == uid
    for path in ("", "postgres", "postgres/data", "postgres/run", "postgres/run/.s.PGSQL.5432"):
        assert mode(new_data_dir / path) == 0o700
        assert (new_data_dir / path).stat().st_uid == uid
    holder.kill()
    other = hold(new_data_dir, ordinary_uid)
    assert other.do("start") == "done"
    assert postmaster_pid(new_data_dir) == before
    assert other.do("stop") == "done"
    assert server_processes(new_data_dir) == []


def test_folder_that_cannot_be_written(
    folder: Path, hold: Callable[..., Holder], ordinary_uid: int | None
) -> None:
    folder.chmod(0o511)
    answer = hold(folder / "new", ordinary_uid).do("start")
    folder.chmod(0o711)
    assert "cannot be used" in answer
    assert "CLASSIFR_DATA_DIR" in answer


@as_root
def test_root_refuses_an_ordinary_users_database_and_the_reverse(
    new_data_dir: Path,
    server: EmbeddedPostgres,
    hold: Callable[..., Holder],
    ordinary_uid: int,
) -> None:
    assert hold(new_data_dir, ordinary_uid).do("start") == "done"
    expected = f"belongs to {ORDINARY_USER}, and you are root"
    with pytest.raises(DatabaseStartFailed, match=expected):
        EmbeddedPostgres(new_data_dir).start()
    answer = hold(server.data_dir, ordinary_uid).do("start")
    assert f"belongs to root, and you are {ORDINARY_USER}" in answer


@as_root
def test_other_accounts_cannot_connect_to_roots_database(
    server: EmbeddedPostgres, ordinary_uid: int
) -> None:
    result = subprocess.run(
        [bin_dir() / "psql", server.libpq_url, "-c", "SELECT 1"],
        user=ordinary_uid,
        group=ordinary_uid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "Permission denied" in result.stderr


@as_root
def test_closed_parent_is_opened_for_passing_only_and_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with caplog.at_level(logging.WARNING), EmbeddedPostgres(closed / "data"):
        assert mode(closed) == 0o701
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert messages[0].startswith(f"Made {closed} passable (chmod o+x)")


@as_root
async def test_account_that_got_another_number(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    pgdata = data_dir / "postgres/data"
    for path in (pgdata, *pgdata.rglob("*")):
        os.chown(path, 54321, 54321)
    with EmbeddedPostgres(data_dir) as server:
        assert await answers(server)


@as_root
def test_programs_installed_under_a_closed_umask_are_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = account.server_account()
    assert entry is not None
    package = bin_dir().parent.parent
    for name in (package.name, f"{package.name}.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, folder / name)
    copied = folder / package.name / bin_dir().parent.name / "bin"
    for path in folder.rglob("*"):
        path.chmod(mode(path) & 0o700)
    monkeypatch.setattr(account, "bin_dir", lambda: copied)
    account.let_run_programs(entry)
    subprocess.run(
        [copied / "initdb", "--version"],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert mode(copied.parent / "share/postgresql/postgres.bki") == 0o604
