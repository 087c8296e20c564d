"""What every command says of itself, of wrong usage and of failures."""

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from tests.integration.cli import COMMAND, environment, run, wait_until


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ("nonsense", {}),
        ("--nonsense", {}),
        ("predict", {}),
        ("predict a.jpg --top 0", {}),
        ("predict a.jpg --json --csv", {}),
        ("predict - -", {}),
        ("predict /etc/ssl", {}),
        ("user add", {}),
        ("user add lucia --role king", {}),
        ("user add 'two words'", {}),
        ("user add lucia --generate --password-stdin", {}),
        ("user add lucia --password-stdin", {}),
        ("user passwd nobody", {}),
        ("user role lucia", {}),
        ("db nonsense", {}),
        ("db backup /nowhere/file", {}),
        ("db backup /", {}),
        ("db restore /nowhere/file --yes", {}),
        ("db restore /etc/passwd --yes", {}),
        ("serve --port 70000", {}),
        ("serve --port x", {}),
        ("serve --workers 0", {}),
        ("serve --host nowhere.invalid", {}),
        ("user list", {"CLASSIFR_DATABASE_URL": "nonsense"}),
        ("user list", {"CLASSIFR_DATABASE_URL": "mysql://localhost/x"}),
        ("db current", {"CLASSIFR_WORKERS": "none"}),
        ("serve", {"CLASSIFR_UPLOAD__MAX_BYTES": "4mo"}),
        ("predict a.jpg", {"CLASSIFR_ACCOUNTS": "x"}),
    ],
)
@pytest.mark.usefixtures("url")
def test_asked_wrongly_it_says_so_in_one_line(
    data_dir: Path, arguments: str, settings: dict[str, str]
) -> None:
    command = run(*shlex.split(arguments), data_dir=data_dir, **settings)
    assert command.returncode == 2
    assert command.stdout == ""
    (error,) = command.stderr.splitlines()
    assert error.startswith("Error: ")
    assert " Hint: " in error
    for name in settings:
        assert name in error


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        ("user list", {"CLASSIFR_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, "does not answer"),
        ("db upgrade", {"CLASSIFR_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, "not answer"),
        ("db current", {"CLASSIFR_DATA_DIR": "/proc/nowhere"}, "cannot be used"),
        ("predict /bin/sh", {"CLASSIFR_DATA_DIR": "/proc/nowhere"}, "cannot be used"),
    ],
)
def test_a_failure_is_one_line(
    tmp_path: Path, arguments: str, settings: dict[str, str], says: str
) -> None:
    data_dir = Path(settings.pop("CLASSIFR_DATA_DIR", tmp_path))
    command = run(*arguments.split(), data_dir=data_dir, **settings)
    assert command.returncode == 1
    (error,) = command.stderr.splitlines()
    assert error.startswith("Error: ")
    assert says in error


def is_pending(number: signal.Signals, pid: int) -> bool:
    """Whether a signal that was sent has not been taken yet; a second one would be lost in it."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return bool(int(status.split("ShdPnd:")[1].split()[0], 16) >> (number - 1) & 1)


def test_ctrl_c_is_quiet(data_dir: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "photo.jpg"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [*COMMAND, "predict", pipe],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(data_dir),
    ) as process:
        # Opens once it is opened for reading, after the model was loaded.
        write = os.open(pipe, os.O_WRONLY)
        process.send_signal(signal.SIGINT)
        wait_until(lambda: not is_pending(signal.SIGINT, process.pid))
        process.send_signal(signal.SIGINT)
        os.close(write)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == b""


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "predict",
        "doctor",
        "user",
        "user add",
        "user list",
        "key create",
        "db",
        "db restore",
    ],
)
def test_help_has_examples(tmp_path: Path, command: str) -> None:
    answer = run(*command.split(), "--help", data_dir=tmp_path)
    assert answer.returncode == 0
    assert answer.stderr == ""
    if command not in ("", "user", "db"):
        assert f"classifr {command}" in answer.stdout.split("Examples:")[1]


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run("--version", data_dir=tmp_path).stdout.startswith("classifr 0.")
