"""`classifr serve`: it says when it is ready, ends cleanly, and explains a start that fails."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.integration.cli import ADMIN_PASSWORD, Server, errors, has_postgres, run, wait_until
from tests.pictures import jpeg

from classifr.accounts import service
from classifr.accounts.passwords import PasswordHasher
from classifr.database.opening import open_database
from classifr.settings import Settings

SECRET = "only-for-tests-0123456789-abcdefghijklmnop"
NOBODY_THERE = "postgresql://classifr:hidden-word@127.0.0.1:1/classifr"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a server was on before."""
    folder = tmp_path_factory.mktemp("served")
    with Server(folder, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        server.url()
    return folder


def sign_in(url: str) -> dict[str, str]:
    form = {"username": "admin", "password": ADMIN_PASSWORD}
    answer = httpx.post(f"{url}/auth/token", data=form)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def start_upload(url: str) -> Callable[[], int]:
    """Begin a prediction, and leave its end to the function that is returned.

    It is begun once the server reads it, which it says by asking for the rest.
    """
    request = httpx.Request(
        "POST", f"{url}/predict", headers=sign_in(url), files={"image": ("a.jpg", jpeg())}
    )
    body = request.read()
    head = [f"POST /predict HTTP/1.1\r\nHost: {request.url.host}"]
    head += [f"{name}: {request.headers[name]}" for name in ("authorization", "content-type")]
    head += [f"content-length: {len(body)}", "expect: 100-continue", "", ""]
    connection = socket.create_connection((request.url.host, request.url.port), timeout=30)
    connection.sendall("\r\n".join(head).encode() + body[:100])
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")

    def finish() -> int:
        with connection:
            connection.sendall(body[100:])
            return int(connection.makefile().readline().split()[1])

    return finish


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_it_cleanly_after_running_requests(
    data_dir: Path, workers: int, number: signal.Signals
) -> None:
    with Server(data_dir, "--workers", str(workers)) as server:
        url = server.url()
        assert httpx.get(f"{url}/health/ready").status_code == 200
        finish_upload = start_upload(url)
        server.stop(number)
        wait_until(lambda: "Waiting for connections to close" in "".join(server.stderr))
        assert server.process.poll() is None
        assert finish_upload() == 200
        assert server.wait() == 0
    ready, hint = server.stdout
    assert url in ready
    assert "classifr user passwd admin" in hint
    assert not has_postgres(data_dir)


def test_two_workers_start_on_a_new_folder_and_make_one_admin(tmp_path: Path) -> None:
    with Server(tmp_path, "--workers", "2") as server:
        url = server.url()
        text = "".join(server.stdout)
        assert text.count("with password") == 1
        assert text.count("is ready") == 1
        password = text.split("with password")[1].split()[0]
        form = {"username": "admin", "password": password}
        answers = [httpx.post(f"{url}/auth/token", data=form).status_code for _ in range(4)]
        assert answers == [200] * 4
    assert password not in "".join(server.stderr)
    assert server.process.returncode == 0


async def test_processes_that_start_at_the_same_moment_make_one_admin(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    hasher = PasswordHasher(threads=2)
    async with open_database(settings) as database:

        async def first_start() -> str | None:
            async with database.transaction() as session:
                made = await service.ensure_first_admin(
                    session, hasher, settings.accounts, password=None
                )
                await asyncio.sleep(0.2)
                return made

        made = await asyncio.gather(*[first_start() for _ in range(3)])
    hasher.close()
    assert len([password for password in made if password]) == 1


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = run("serve", "--port", str(port), data_dir=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Error: Port {port} of 127.0.0.1 is in use. Hint: ")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_not_there_ends_the_start_with_one_line(
    tmp_path: Path, workers: str
) -> None:
    started = time.monotonic()
    answer = run(
        *("serve", "--port", "0", "--workers", workers),
        data_dir=tmp_path,
        CLASSIFR_DATABASE_URL=NOBODY_THERE,
        CLASSIFR_ACCOUNTS__TOKEN_SECRET=SECRET,
    )
    assert answer.returncode == 1
    (error,) = errors(answer.stderr)
    assert error.startswith("Error: The database does not answer: ")
    assert "CLASSIFR_DATABASE_URL" in error
    assert "hidden-word" not in answer.stderr
    assert answer.stdout == ""
    # A worker that is gone must not be waited for: uvicorn does, up to 30 seconds.
    assert time.monotonic() - started < 20


def test_a_missing_secret_ends_the_start_with_one_line(tmp_path: Path) -> None:
    answer = run("serve", "--port", "0", data_dir=tmp_path, CLASSIFR_DATABASE_URL=NOBODY_THERE)
    assert answer.returncode == 1
    (error,) = errors(answer.stderr)
    assert error.startswith("Error: CLASSIFR_ACCOUNTS__TOKEN_SECRET is not set. Hint: ")


def test_a_model_that_does_not_load_ends_the_server(data_dir: Path) -> None:
    models = data_dir / "models"
    models.rename(data_dir / "aside")
    models.touch()
    try:
        answer = run("serve", "--port", "0", data_dir=data_dir)
    finally:
        models.unlink()
        (data_dir / "aside").rename(models)
    assert answer.returncode == 1
    (error,) = errors(answer.stderr)
    assert error.startswith("Error: The model cannot be loaded")
    assert "is ready" not in answer.stdout
    assert not has_postgres(data_dir)


def test_a_killed_worker_is_replaced(data_dir: Path) -> None:
    with Server(data_dir, "--workers", "2") as server:
        url = server.url()
        started = [json.loads(line) for line in server.stderr if "Started server process" in line]
        pid = int(started[0]["event"].split("[")[1].rstrip("]"))
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "".join(server.stderr).count("Started server process") == 3)
        assert httpx.get(f"{url}/health/live").status_code == 200
    assert server.process.returncode == 0
    assert not has_postgres(data_dir)
