"""`classifr user` and `classifr key`, while a server runs."""

import json
from pathlib import Path

import httpx
import pytest
from tests.integration.cli import errors, names, run, sign_in, wait_until


def test_an_account_from_its_birth_to_its_end(url: str, data_dir: Path) -> None:
    added = run("user", "add", "lucia", data_dir=data_dir)
    assert added.returncode == 0
    password = added.stdout.strip()
    assert sign_in(url, "lucia", password).status_code == 200

    again = run("user", "add", "Lucia", data_dir=data_dir)
    assert again.returncode == 1
    assert errors(again.stderr) == ["Error: This username is taken. Hint: Choose another."]

    given = b"a-phrase-of-several-words\n"
    changed = run("user", "passwd", "lucia", "--password-stdin", data_dir=data_dir, stdin=given)
    assert (changed.returncode, changed.stdout) == (0, "")
    assert sign_in(url, "lucia", password).status_code == 401
    token = sign_in(url, "lucia", given.decode().strip()).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{url}/auth/me", headers=bearer).status_code == 200

    assert run("user", "disable", "lucia", data_dir=data_dir).returncode == 0
    assert httpx.get(f"{url}/auth/me", headers=bearer).status_code == 401
    assert run("user", "enable", "lucia", data_dir=data_dir).returncode == 0
    assert run("user", "role", "lucia", "admin", data_dir=data_dir).returncode == 0

    table = run("user", "list", data_dir=data_dir)
    assert names(table.stdout.splitlines()) == ["Name", "admin", "lucia"]
    page = json.loads(run("user", "list", "--json", data_dir=data_dir).stdout)
    assert [(user["username"], user["role"]) for user in page["items"]] == [
        ("admin", "admin"),
        ("lucia", "admin"),
    ]
    assert run("user", "role", "lucia", "user", data_dir=data_dir).returncode == 0


def test_a_key_from_its_birth_to_its_end(url: str, data_dir: Path) -> None:
    scopes = ("--scope", "predict", "--scope", "train")
    made = run("key", "create", "camera", *scopes, data_dir=data_dir)
    assert made.returncode == 0
    assert "acts for admin" in made.stderr
    quiet = run("key", "create", "other", "--scope", "predict", "--quiet", data_dir=data_dir)
    assert quiet.stderr == ""
    assert quiet.stdout.startswith("clf_")
    nameless = run("key", "create", "--scope", "train", "--quiet", data_dir=data_dir)
    assert nameless.stdout.startswith("clf_")
    key = made.stdout.strip()

    def status() -> int:
        return httpx.get(f"{url}/tags", headers={"X-API-Key": key}).status_code

    assert status() == 200
    listed = json.loads(run("key", "list", "--json", data_dir=data_dir).stdout)["items"]
    assert [(item["name"], item["scopes"]) for item in listed] == [
        ("camera", ["predict", "train"]),
        ("other", ["predict"]),
        ("unnamed", ["train"]),
    ]
    assert "camera" in run("key", "list", data_dir=data_dir).stdout
    assert run("key", "revoke", key[:12], data_dir=data_dir).returncode == 0
    wait_until(lambda: status() == 401)
    unknown = run("key", "revoke", key, data_dir=data_dir)
    assert unknown.returncode == 2
    assert len(errors(unknown.stderr)) == 1


@pytest.mark.parametrize("change", [("role", "admin", "user"), ("disable", "admin")])
@pytest.mark.usefixtures("url")
def test_the_last_admin_stays(data_dir: Path, change: tuple[str, ...]) -> None:
    refused = run("user", *change, data_dir=data_dir)
    assert refused.returncode == 1
    (error,) = errors(refused.stderr)
    assert error.startswith("Error: This is the last active admin. Hint: ")
