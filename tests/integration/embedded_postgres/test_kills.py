"""Real kills of whoever holds the server, and of the server."""

import os
import pwd
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli import wait_until
from tests.integration.embedded_postgres.processes import (
    IS_ROOT,
    Holder,
    answers,
    is_alive,
    postmaster_pid,
    server_processes,
    sleeper,
)

from classifr.database.embedded import SERVER_ACCOUNT, EmbeddedPostgres, account, cluster
from classifr.database.embedded.locks import FileLock
from classifr.errors import DatabaseStartFailed


async def test_kill_9_of_the_only_holder(data_dir: Path, hold: Callable[..., Holder]) -> None:
    holder = hold()
    holder.do("start")
    before = postmaster_pid(data_dir)
    holder.kill()
    with EmbeddedPostgres(data_dir) as server:
        assert postmaster_pid(data_dir) == before
        assert await answers(server)
    assert server_processes(data_dir) == []


async def test_kill_9_of_holder_and_server(data_dir: Path, hold: Callable[..., Holder]) -> None:
    holder = hold()
    holder.do("start")
    before = postmaster_pid(data_dir)
    holder.kill()
    os.kill(before, signal.SIGKILL)
    with EmbeddedPostgres(data_dir) as server:
        assert postmaster_pid(data_dir) != before
        assert await answers(server)


@pytest.mark.parametrize("owner", ["server account", "postgres of another folder", "ours"])
async def test_stale_pid_file_with_the_pid_of_another_live_process(
    data_dir: Path, folder: Path, hold: Callable[..., Holder], owner: str
) -> None:
    holder = hold()
    holder.do("start")
    before = postmaster_pid(data_dir)
    holder.kill()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not server_processes(data_dir))
    # PostgreSQL itself sees through the PID of another account's process.
    uid = pwd.getpwnam(SERVER_ACCOUNT).pw_uid if IS_ROOT else os.geteuid()
    with sleeper(uid) as sleep_pid, EmbeddedPostgres(folder / "another") as another:
        foreign = {
            "server account": sleep_pid,
            "postgres of another folder": postmaster_pid(another.data_dir),
            "ours": os.getpid(),
        }[owner]
        pid_file = data_dir / "postgres/data/postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(str(before), str(foreign), 1))
        with EmbeddedPostgres(data_dir) as server:
            assert await answers(server)
        assert is_alive(foreign)
        assert await answers(another)


async def test_kill_9_in_the_middle_of_the_first_start(
    new_data_dir: Path, hold: Callable[..., Holder]
) -> None:
    holder = hold(new_data_dir)
    holder.tell("start")
    wait_until(lambda: any((new_data_dir / "postgres").glob("data.new-*/base")))
    holder.kill()
    assert not (new_data_dir / "postgres/data").exists()
    with EmbeddedPostgres(new_data_dir) as server:
        assert await answers(server)
        assert list((new_data_dir / "postgres").glob("data.new-*")) == []


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_children_of_a_killed_holder_do_not_hold_the_server(
    data_dir: Path, hold: Callable[..., Holder], way: str
) -> None:
    holder = hold()
    holder.do("start")
    child = int(holder.do(way))
    holder.kill()
    with EmbeddedPostgres(data_dir):
        pass
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)
    assert server_processes(data_dir) == []


def test_a_forked_child_does_not_keep_the_server_past_a_clean_stop(
    data_dir: Path, hold: Callable[..., Holder]
) -> None:
    holder = hold()
    holder.do("start")
    child = int(holder.do("fork"))
    holder.do("stop")
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)
    assert server_processes(data_dir) == []


def test_a_lock_is_free_once_released_and_lives_on_if_only_forgotten(folder: Path) -> None:
    lock, other = FileLock(folder / "lock"), FileLock(folder / "lock")
    assert lock.try_exclusive()
    assert lock.descriptor is not None
    child = subprocess.Popen(["sleep", "600"], pass_fds=(lock.descriptor,), cwd="/")
    lock.forget()
    assert not other.try_exclusive()
    child.kill()
    child.wait()
    assert other.try_exclusive()
    assert other.descriptor is not None
    child = subprocess.Popen(["sleep", "600"], pass_fds=(other.descriptor,), cwd="/")
    other.release()
    assert lock.try_exclusive()
    lock.release()
    child.kill()
    child.wait()


def test_a_server_started_by_hand_is_left_alone(
    data_dir: Path, hold: Callable[..., Holder]
) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    pgdata, socket_dir = data_dir / "postgres/data", server.socket_dir
    server.stop()
    by_hand = cluster.Cluster(data_dir / "postgres", socket_dir, account.server_account())
    unrelated = os.open(data_dir / "unrelated", os.O_CREAT)
    by_hand.launch(unrelated)
    os.close(unrelated)
    wait_until(by_hand.is_ready)
    before = postmaster_pid(data_dir)
    with pytest.raises(DatabaseStartFailed, match=r"postmaster.pid. already exists"):
        EmbeddedPostgres(data_dir).start()
    assert postmaster_pid(data_dir) == before
    by_hand.send(signal.SIGINT)
    wait_until(lambda: not (pgdata / "postmaster.pid").exists())
    wait_until(lambda: not server_processes(data_dir))


def test_the_server_inherits_only_its_own_lock(server: EmbeddedPostgres) -> None:
    descriptors = Path(f"/proc/{postmaster_pid(server.data_dir)}/fd")
    if not descriptors.exists():
        pytest.skip("needs /proc")
    names = {entry.readlink().name for entry in descriptors.iterdir()}
    assert {name for name in names if name.endswith(".lock")} == {"server.lock"}
