"""Real signals to a server of the web, with one worker and with two."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.cli import wait_until
from tests.integration.embedded_postgres.processes import (
    APP,
    DEADLINE_SECONDS,
    SERVE_WHILE_HOLDING,
    child_environment,
    postmaster_pid,
    server_processes,
)

from classifr.database.embedded import EmbeddedPostgres


@pytest.fixture
def app_dir(data_dir: Path) -> Path:
    (data_dir.parent / "app.py").write_text(APP)
    return data_dir.parent


@pytest.fixture
def run(app_dir: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
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
    app_dir: Path, run: Callable[..., subprocess.Popen[bytes]]
) -> None:
    (app_dir / "serve.py").write_text(SERVE_WHILE_HOLDING)
    process = run(str(app_dir / "serve.py"), str(app_dir), workers=2)
    process.send_signal(signal.SIGTERM)
    for started in app_dir.glob("started-*"):
        os.kill(int(started.name.partition("-")[2]), signal.SIGKILL)
    process.wait(DEADLINE_SECONDS)
    assert server_processes(app_dir / "data") == []


def test_ctrl_c_in_the_middle_of_the_first_start_lets_it_end_well(
    app_dir: Path, run: Callable[..., subprocess.Popen[bytes]]
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


def test_ctrl_c_in_a_terminal_does_not_reach_the_server(server: EmbeddedPostgres) -> None:
    assert os.getpgid(postmaster_pid(server.data_dir)) != os.getpgrp()
    assert os.getsid(postmaster_pid(server.data_dir)) != os.getsid(0)
