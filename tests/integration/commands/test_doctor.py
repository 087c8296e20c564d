"""`classifr doctor`."""

import json
import socket
from pathlib import Path

from tests.integration.cli import run

from classifr.database.embedded import EmbeddedPostgres


def test_doctor_finds_nothing_wrong(url: str, data_dir: Path) -> None:
    port = url.rsplit(":", 1)[1]
    command = run("doctor", "--port", port, data_dir=data_dir)
    assert command.returncode == 0, command.stdout
    assert {line.split()[0] for line in command.stdout.splitlines()} == {"ok"}
    assert f"Classifr runs on {port}" in command.stdout
    found = json.loads(run("doctor", "--json", "--port", port, data_dir=data_dir).stdout)
    assert found["status"] == "ok"
    assert {check["name"] for check in found["checks"]} >= {
        *("Python", "data folder", "PostgreSQL", "migrations", "model", "page"),
        *("token secret", "port", "admin"),
    }


def test_doctor_says_how_to_repair(tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    (tmp_path / "token-secret").write_text("short")
    with EmbeddedPostgres(tmp_path), socket.create_server(("127.0.0.1", 0)) as other:
        run("user", "add", "lucia", data_dir=tmp_path)
        port = str(other.getsockname()[1])
        command = run("doctor", "--json", "--port", port, data_dir=tmp_path)
    assert command.returncode == 1
    failed = {
        check["name"]: check["remedy"]
        for check in json.loads(command.stdout)["checks"]
        if check["status"] == "fail"
    }
    assert failed.keys() == {"admin", "model", "token secret", "port"}
    assert all(failed.values())
    assert "--role admin" in failed["admin"]


def test_doctor_tells_a_database_that_is_away(tmp_path: Path) -> None:
    command = run(
        *("doctor", "--json"),
        data_dir=tmp_path,
        CLASSIFR_DATABASE_URL="postgresql://classifr@127.0.0.1:1/classifr",
    )
    assert command.returncode == 1
    statuses = {check["name"]: check["status"] for check in json.loads(command.stdout)["checks"]}
    assert statuses["PostgreSQL"] == statuses["token secret"] == "fail"
    assert statuses["model"] == "ok"
    assert "admin" not in statuses


def test_doctor_names_the_address_where_custom_vision_is_not(tmp_path: Path) -> None:
    command = run(
        *("doctor", "--json"),
        data_dir=tmp_path,
        CLASSIFR_VISION="azure",
        CLASSIFR_AZURE__ENDPOINT="http://127.0.0.1:1",
        CLASSIFR_AZURE__TRAINING_KEY="key",
        CLASSIFR_AZURE__PREDICTION_KEY="key",
        CLASSIFR_AZURE__PREDICTION_RESOURCE_ID="/subscriptions/s/accounts/a",
        CLASSIFR_AZURE__PROJECT="Dishes",
    )
    assert command.returncode == 1
    (check,) = [c for c in json.loads(command.stdout)["checks"] if c["name"] == "Custom Vision"]
    assert "http://127.0.0.1:1" in check["detail"]
    assert "CLASSIFR_AZURE__ENDPOINT" in check["remedy"]
