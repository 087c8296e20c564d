"""`classifr` as a process of its own, the way people and scripts run it."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

import classifr

DEADLINE_SECONDS = 60.0
ADMIN_PASSWORD = "four-words-of-a-test"
COMMAND = [sys.executable, "-W", "error", "-m", "classifr"]


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """What a command sees: nothing of the machine's settings."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(classifr.__file__).parents[1]),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CLASSIFR_DATA_DIR": str(data_dir),
        **settings,
    }


def run(
    *arguments: str | Path, data_dir: Path, stdin: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[str]:
    """One command, to its end. No command may ever show a traceback."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment(data_dir, **settings),
        # No `.env` lies here.
        cwd="/",
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    answer = subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
    assert "Traceback" not in answer.stderr, answer.stderr
    return answer


def wait_until(claim: Callable[[], bool]) -> None:
    """Fail if it does not come true within the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not claim():
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.01)


def errors(stderr: str) -> list[str]:
    """The lines that are errors, without the log's."""
    return [line for line in stderr.splitlines() if line.startswith("Error: ")]


@dataclass(frozen=True)
class Place:
    """Where commands work, and how they are told."""

    data_dir: Path
    settings: dict[str, str]

    def run(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """One command that ends as expected."""
        done = run(*arguments, data_dir=self.data_dir, **self.settings)
        assert done.returncode == code, done.stdout + done.stderr
        assert len(errors(done.stderr)) <= 1
        return done

    def json(self, *arguments: str | Path, code: int = 0) -> dict:
        """What a command prints with --json."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)


class Server:
    """A running `classifr serve`."""

    def __init__(
        self, data_dir: Path, *options: str, command: Sequence[str] = COMMAND, **settings: str
    ) -> None:
        """command: what `serve` is given to, if not this checkout."""
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [*command, "serve", "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(data_dir, **settings),
            cwd="/",
            # A terminal's Ctrl-C goes to a group; see `interrupt`.
            start_new_session=True,
        )
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._readers = [
            threading.Thread(target=lines.extend, args=(stream,), daemon=True)
            for lines, stream in (
                (self.stdout, self.process.stdout),
                (self.stderr, self.process.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.wait()

    def url(self) -> str:
        """The address it announces, once it does."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if ready := [line for line in self.stdout if "is ready" in line]:
                address = re.fullmatch(r"Classifr is ready:  (http://127\.0\.0\.1:\d+)\n", ready[0])
                assert address, ready
                return address[1]
            time.sleep(0.02)
        raise AssertionError(f"not ready: {self.stdout} {self.stderr}")

    def stop(self, number: signal.Signals) -> None:
        """Ask it to end: Ctrl-C reaches the whole group, SIGTERM the one process."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and all it printed is read."""
        try:
            code = self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        assert "Traceback" not in "".join(self.stderr), "".join(self.stderr)
        return code


def sign_in(url: str, username: str, password: str) -> httpx.Response:
    """What a server answers to it."""
    return httpx.post(f"{url}/auth/token", data={"username": username, "password": password})


def has_postgres(data_dir: Path) -> bool:
    """Whether a PostgreSQL runs on the data folder: it holds a lock as long as it lives."""
    try:
        with (data_dir / "postgres" / "server.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def names(rows: Sequence[str]) -> list[str]:
    """The first word of each row."""
    return [row.split()[0] for row in rows]
