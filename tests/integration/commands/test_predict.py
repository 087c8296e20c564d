"""`classifr predict`, as a process."""

import csv
import http.server
import io
import json
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.integration.cli import ADMIN_PASSWORD, COMMAND, environment, run, sign_in

TOLERANCE = 1e-6


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
