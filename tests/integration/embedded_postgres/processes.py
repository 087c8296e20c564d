"""Processes that hold the server, and what can be seen of its own."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

import classifr
from classifr.database.embedded import EmbeddedPostgres, bin_dir

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
