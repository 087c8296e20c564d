"""The commands beside `serve`, as processes, on a data folder of their own."""

import csv
import http.server
import io
import json
import os
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.integration.cli import (
    ADMIN_PASSWORD,
    COMMAND,
    Server,
    environment,
    errors,
    names,
    run,
    wait_until,
)
from tests.pictures import encoded, jpeg, picture

from classifr.database.embedded import EmbeddedPostgres

TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the running server."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(data_dir: Path) -> Iterator[str]:
    """The address of a running server."""
    with Server(data_dir, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        yield server.url()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images, one of them broken."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "deep").mkdir()
    (folder / "b.jpg").write_bytes(jpeg(200, 100, seed=1))
    (folder / "a.png").write_bytes(encoded(picture(seed=2), "PNG"))
    (folder / "deep" / "c.JPG").write_bytes(jpeg(seed=3))
    (folder / "broken.jpg").write_bytes(jpeg()[:400])
    (folder / "notes.txt").write_text("not an image")
    return folder


@pytest.fixture(scope="module")
def web(photos: Path) -> Iterator[str]:
    """A web server with the photos, an endless file and nothing else."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, directory=str(photos), **options)

        def do_GET(self) -> None:
            if self.path != "/endless.jpg":
                super().do_GET()
                return
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def sign_in(url: str, username: str, password: str) -> httpx.Response:
    return httpx.post(f"{url}/auth/token", data={"username": username, "password": password})


def api_answer(url: str, image: Path) -> dict[str, object]:
    token = sign_in(url, "admin", ADMIN_PASSWORD).json()["access_token"]
    answer = httpx.post(
        f"{url}/predict",
        params={"store": False},
        headers={"Authorization": f"Bearer {token}"},
        files={"image": image.read_bytes()},
    )
    assert answer.status_code == 200
    return answer.json()


def test_predict_gives_the_answer_of_the_api(url: str, data_dir: Path, photos: Path) -> None:
    image = photos / "b.jpg"
    expected = api_answer(url, image)
    command = run("predict", image, "--json", data_dir=data_dir)
    assert command.returncode == 0
    assert command.stderr == ""
    answer = json.loads(command.stdout)
    assert answer.pop("filename") == str(image)
    assert answer.keys() == expected.keys()
    assert answer["id"] is None
    assert answer["stored"] is False
    assert answer["image"] == expected["image"]
    assert answer["iteration"] == expected["iteration"]
    tags = {likely["tag"]: likely["probability"] for likely in expected["predictions"]}
    assert len(answer["predictions"]) == len(tags) == 1000
    for likely in answer["predictions"]:
        assert likely["probability"] == pytest.approx(tags[likely["tag"]], abs=TOLERANCE)


def test_predict_walks_a_folder_and_reports_what_is_broken(data_dir: Path, photos: Path) -> None:
    command = run("predict", photos, "--json", "--top", "2", data_dir=data_dir)
    assert command.returncode == 1
    answers = [json.loads(line) for line in command.stdout.splitlines()]
    assert [Path(answer["filename"]).name for answer in answers] == ["a.png", "b.jpg", "c.JPG"]
    assert [len(answer["predictions"]) for answer in answers] == [2, 2, 2]
    (error,) = command.stderr.splitlines()
    assert error.startswith(f"Error: {photos / 'broken.jpg'}: The image is damaged")
    assert " Hint: " in error


def test_predict_shows_five_tags_in_a_table(data_dir: Path, photos: Path) -> None:
    command = run("predict", photos / "b.jpg", data_dir=data_dir)
    assert command.returncode == 0
    title, heading, *rows = [line for line in command.stdout.splitlines() if line.strip()]
    assert title.startswith(f"{photos / 'b.jpg'}  200 x 100 JPEG")
    assert heading.split() == ["Tag", "Probability"]
    assert len(rows) == 5
    assert "\x1b" not in command.stdout


def test_predict_writes_csv_from_stdin(data_dir: Path, photos: Path) -> None:
    image = (photos / "a.png").read_bytes()
    command = run("predict", "-", "--csv", "--top", "3", data_dir=data_dir, stdin=image)
    assert command.returncode == 0
    heading, *rows = csv.reader(io.StringIO(command.stdout))
    assert heading == ["filename", "rank", "tag", "probability"]
    assert [row[:2] for row in rows] == [["-", "1"], ["-", "2"], ["-", "3"]]
    probabilities = [float(row[3]) for row in rows]
    assert probabilities == sorted(probabilities, reverse=True)


def test_predict_fetches_addresses_within_the_limit(data_dir: Path, photos: Path, web: str) -> None:
    sources = [f"{web}/b.jpg", f"{web}/nothing.jpg", f"{web}/endless.jpg", f"{web}/notes.txt"]
    command = run("predict", *sources, "--json", data_dir=data_dir)
    assert command.returncode == 1
    assert json.loads(command.stdout)["image"]["size_bytes"] == (photos / "b.jpg").stat().st_size
    missing, endless, text = command.stderr.splitlines()
    assert "The server answered 404" in missing
    assert "larger than 4,194,304 bytes" in endless
    assert "not an image" in text


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("{photos}/notes.txt", 2, "This is not an image"),
        ("{photos}/nothing.jpg", 2, "No such file"),
        ("{photos}/deep/c.JPG/x", 2, "Not a directory"),
        ("ftp://example.com/a.jpg", 2, "no address"),
        ("http://", 2, "no address"),
        ("http://127.0.0.1:1/a.jpg", 1, "cannot be fetched"),
        ("http://nowhere.invalid/a.jpg", 1, "cannot be fetched"),
        ("-", 2, "The image file is empty"),
    ],
)
def test_predict_says_what_is_wrong_with_its_only_image(
    data_dir: Path, photos: Path, source: str, code: int, says: str
) -> None:
    command = run("predict", source.format(photos=photos), data_dir=data_dir)
    assert command.returncode == code
    assert command.stdout == ""
    (error,) = command.stderr.splitlines()
    assert says in error
    assert " Hint: " in error


@pytest.mark.parametrize(("options", "reader"), [("", "head -c 20"), ("--top 1", "true")])
def test_a_reader_that_leaves_is_no_error(
    data_dir: Path, photos: Path, options: str, reader: str
) -> None:
    # Eight whole answers fill any pipe; a short one is still in our buffer at the end.
    images = " ".join([shlex.quote(str(photos / "b.jpg"))] * 8)
    shell = subprocess.run(
        f"{shlex.join(COMMAND)} predict {images} --json {options} | {reader}",
        shell=True,
        capture_output=True,
        env=environment(data_dir),
        timeout=60,
        check=False,
    )
    assert shell.stderr == b""


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


def test_a_database_in_use_is_not_restored(url: str, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert run("db", "backup", file, data_dir=data_dir).returncode == 0
    refused = run("db", "restore", "--yes", file, data_dir=data_dir)
    assert refused.returncode == 1
    (error,) = errors(refused.stderr)
    assert error.startswith("Error: The database is in use")
    assert httpx.get(f"{url}/health/ready").status_code == 200


def query(server: EmbeddedPostgres, statement: str) -> str:
    return server.run_tool("psql", ["-XAtc", statement]).strip()


@dataclass
class Unserved:
    """A database that no server uses, with the account lucia, and a backup of it."""

    server: EmbeddedPostgres
    backup: Path

    def restore(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run("db", "restore", *arguments, data_dir=self.server.data_dir)

    def add_marco(self) -> None:
        query(
            self.server,
            "insert into users (username, password_hash, role, is_disabled, token_version)"
            " values ('marco', '', 'user', false, 0)",
        )

    def remove_marco(self) -> None:
        query(self.server, "delete from users where username = 'marco'")

    def usernames(self) -> str:
        return query(self.server, "select string_agg(username, ' ' order by id) from users")


@pytest.fixture(scope="module")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unserved]:
    """The same database for several tests: each leaves lucia alone in it."""
    folder = tmp_path_factory.mktemp("unserved")
    file = folder / "classifr.backup"
    with EmbeddedPostgres(folder / "data") as server:
        empty = run("db", "backup", file, data_dir=server.data_dir)
        assert empty.returncode == 1
        assert "nothing to back up" in empty.stderr
        run("user", "add", "lucia", "--role", "admin", data_dir=server.data_dir)
        done = run("db", "backup", file, data_dir=server.data_dir)
        assert (done.returncode, done.stdout) == (0, f"{file}\n")
        assert "images are not in it" in done.stderr
        yield Unserved(server, file)


def test_a_backup_is_private_and_whole_and_not_overwritten(unserved: Unserved) -> None:
    file, before = unserved.backup, unserved.backup.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in file.parent.iterdir()) == ["classifr.backup", "data"]
    refused = run("db", "backup", file, data_dir=unserved.server.data_dir)
    assert refused.returncode == 2
    assert file.read_bytes() == before
    forced = run("db", "backup", "--force", file, data_dir=unserved.server.data_dir)
    assert forced.returncode == 0


def test_a_restore_brings_back_what_was(unserved: Unserved) -> None:
    server = unserved.server
    unserved.add_marco()
    query(server, "update users set token_version = 7 where username = 'lucia'")
    # What a newer version added must not be in the way.
    query(server, "create table albums (owner int references users)")
    unasked = unserved.restore(unserved.backup)
    assert unasked.returncode == 2
    assert unserved.usernames() == "lucia marco"

    restored = unserved.restore("--yes", unserved.backup)
    assert restored.returncode == 0, restored.stderr
    assert unserved.usernames() == "lucia"
    # No token of before is valid: neither those of version 7, nor ones revoked before the backup.
    assert int(query(server, "select token_version from users")) > 7
    revision = run("db", "current", data_dir=server.data_dir).stdout.strip()
    assert revision == query(server, "select version_num from alembic_version")


def test_a_damaged_backup_changes_nothing(unserved: Unserved, tmp_path: Path) -> None:
    unserved.add_marco()
    whole = unserved.backup.read_bytes()
    for damaged in (whole[:100], whole[: len(whole) // 2]):
        file = tmp_path / "damaged"
        file.write_bytes(damaged)
        failed = unserved.restore("--yes", file)
        assert failed.returncode in (1, 2)
        assert len(errors(failed.stderr)) == 1
        assert unserved.usernames() == "lucia marco"
    unserved.remove_marco()


def test_a_restore_that_fails_on_the_way_changes_nothing(unserved: Unserved) -> None:
    server = unserved.server
    unserved.add_marco()
    # Indexes come late in a backup, when all tables are replaced already.
    query(
        server,
        "create function refuse() returns event_trigger language plpgsql as"
        " $$ begin raise exception 'not now'; end $$",
    )
    query(
        server,
        "create event trigger refuse on ddl_command_end when tag in ('CREATE INDEX')"
        " execute function refuse()",
    )
    failed = unserved.restore("--yes", unserved.backup)
    query(server, "drop event trigger refuse")
    assert failed.returncode == 1
    (error,) = errors(failed.stderr)
    assert "not now" in error
    assert unserved.usernames() == "lucia marco"
    unserved.remove_marco()


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
