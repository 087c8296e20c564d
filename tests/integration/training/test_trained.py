"""What commands do with a project that is trained, and how trainings end."""

import csv
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import onnxruntime
import pytest
from tests.albums import dish
from tests.integration.cli import COMMAND, Place, Server, environment, errors, run, wait_until
from tests.integration.training.album import DISHES, IMAGES

from classifr.database.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def warm(local: Place) -> Iterator[Place]:
    """The data folder while something else holds its database open, which is quicker."""
    with EmbeddedPostgres(local.data_dir):
        yield local


@pytest.fixture(params=["warm", "remote"])
def trained(request: pytest.FixtureRequest, album: Path) -> Place:
    """Where the project `menu` has two iterations, whichever test came before."""
    place: Place = request.getfixturevalue(request.param)
    _make_menu(place, album)
    return place


@pytest.fixture
def trained_server(remote: Place, album: Path) -> Place:
    """The same on the server, for what is no different on the data folder."""
    _make_menu(remote, album)
    return remote


def _make_menu(place: Place, album: Path) -> None:
    iterations = run(
        *("iteration", "list", "--project", "menu", "--json"),
        data_dir=place.data_dir,
        **place.settings,
    )
    if iterations.returncode:
        place.run("train", album, "--project", "menu", "--add-only", "cannoli,risotto")
        place.run("train", album, "--project", "menu", "--publish", "production")


def test_an_iteration_is_scored_on_labelled_images(
    trained: Place, album: Path, tmp_path: Path
) -> None:
    evaluate = ("eval", album, "--project", "menu", "--iteration", "2")
    page = tmp_path / "report.html"
    found = trained.json(*evaluate, "--compare", "1", "--report", page, "--fail-under", "0.8")
    assert found["image_count"] == 20
    assert found["top1"] >= 0.8
    assert 0 <= found["calibration_error"] <= 1
    assert {tag["name"]: tag["images"] for tag in found["per_tag"]} == dict.fromkeys(DISHES, 5)
    assert found["comparison"]["with"] == "Iteration 1"
    assert found["comparison"]["image_count"] == 10
    assert sum(map(sum, found["confusion"]["counts"])) == 20
    assert page.read_text().startswith("<!doctype html>")

    code = 0 if found["top1"] == 1 else 1
    failed = trained.run(*evaluate, "--fail-under", "1", code=code)
    assert "All tags" in failed.stdout
    first = trained.run("eval", album, "--project", "menu", "--iteration", "1")
    assert "Iteration 1 does not know their tags: pizza (5), tiramisu (5)." in first.stderr
    assert ", 10 images, top-1 " in first.stdout


def test_what_cannot_be_classified_is_named_and_fails(
    trained: Place, album: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    shutil.copytree(album / "Test" / "pizza", folder / "pizza")
    (folder / "pizza" / "broken.png").write_bytes(dish(2, 1)[:300])
    done = trained.run("eval", folder, "--project", "menu", "--iteration", "latest", code=1)
    assert "broken.png: image_unreadable." in done.stderr
    assert ", 5 images, " in done.stdout


def test_the_exported_model_answers_as_the_api_does(
    trained: Place, album: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.zip"
    export = ("iteration", "export", "2", "--project", "menu", "--output", file)
    done = trained.run(*export, "--verify", album / "Test", "--verify", "stored")
    assert done.stdout.strip() == str(file)
    worst = re.search(r"on 120 images: the largest difference is (\S+)\.", done.stderr)
    assert worst
    assert float(worst[1]) <= 1e-5
    with zipfile.ZipFile(file) as archive:
        assert archive.read("labels.txt").decode().split() == list(DISHES)
        onnxruntime.InferenceSession(archive.read("model.onnx"))
    (error,) = errors(trained.run(*export, code=2).stderr)
    assert "--force" in error


def test_images_leave_and_come_back(trained: Place, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    trained.run("dataset", "export", folder, "--project", "menu")
    with (folder / "labels.csv").open() as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 4 * IMAGES
    assert all((folder / row["file"]).is_file() for row in rows)
    assert {row["tag"] for row in rows} == set(DISHES)
    assert (folder / "pizza" / "00.png").read_bytes() == dish(2, 0)
    trained.run("dataset", "export", folder, "--project", "menu", code=2)

    for source in (folder, folder / "labels.csv", _zipped(folder, tmp_path / "out.zip")):
        name = f"copy of {source.name}"
        copied = trained.json("dataset", "import", source, "--project", name)
        assert copied["added"] == 4 * IMAGES
        tags = trained.json("tag", "list", "--project", name)["items"]
        assert {tag["name"]: tag["image_count"] for tag in tags} == dict.fromkeys(DISHES, IMAGES)
        trained.run("project", "delete", name, "--yes")


def _zipped(folder: Path, file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder))
    return file


@pytest.mark.parametrize("tag", ["../up", "a/b", "..", "x;y", "🍕 tiramisù", "CON", "a" * 128])
def test_no_tag_leads_out_of_the_export(remote: Place, tmp_path: Path, tag: str) -> None:
    place = remote
    source = tmp_path / "in"
    source.mkdir()
    (source / "1.png").write_bytes(dish(0, 1))
    with (source / "labels.csv").open("w", newline="") as text:
        csv.writer(text).writerows([["file", "tag"], ["1.png", tag.replace(";", "\\;")]])
    place.run("dataset", "import", source, "--project", "odd")
    try:
        assert [found["name"] for found in place.json("tag", "list", "-p", "odd")["items"]] == [tag]
        place.run("dataset", "export", tmp_path / "out", "--project", "odd")
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(files) == 4
        assert all(
            path.is_relative_to(tmp_path / "out") for path in files if "in" not in path.parts
        )
        again = place.json("dataset", "import", tmp_path / "out", "--project", "odd")
        assert again["unchanged"] == 1
    finally:
        place.run("project", "delete", "odd", "--yes")


def test_an_image_that_moves_is_retagged_and_another_training_is_quick(
    trained: Place, album: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    shutil.copytree(album / "Train", folder)
    (folder / "pizza" / "broken.jpg").unlink()
    (folder / "pizza" / "00.png").rename(folder / "risotto" / "moved.png")
    done = trained.run("train", folder, "--project", "menu")
    assert "Tagged 1 image anew." in done.stderr
    assert "Added" not in done.stderr
    (folder / "risotto" / "moved.png").rename(folder / "pizza" / "00.png")
    trained.run("train", folder, "--project", "menu")


def test_a_multilabel_project_is_made_of_a_csv_file(trained: Place, tmp_path: Path) -> None:
    place = trained
    rows = [["file", "tag"]]
    for number in range(24):
        (tmp_path / f"{number}.png").write_bytes(dish(number % 3, 700 + number))
        rows.append([f"{number}.png", ("a", "b", "a;b")[number % 3]])
    with (tmp_path / "scenes.csv").open("w", newline="") as text:
        csv.writer(text).writerows(rows)
    labels = ("--labels", tmp_path / "scenes.csv", "--multilabel")
    assert place.run("dataset", "check", tmp_path, *labels).returncode == 0
    found = place.json("train", tmp_path, "--project", "scenes", *labels)
    assert found["uploaded"]["added"] == 24
    assert found["report"]["confusion"] is None
    place.run("eval", tmp_path, "--project", "scenes", "--labels", tmp_path / "scenes.csv")
    (error,) = errors(place.run("train", tmp_path, "-p", "menu", *labels, code=2).stderr)
    assert "one tag" in error
    place.run("project", "delete", "scenes", "--yes")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("train", "{few}"), 1, "at least 5 images"),
        (("train", "{one}"), 1, "two tags"),
        (("train", "/nowhere"), 2, "no folder"),
        (("train", "{few}", "--if-better"), 2, "--publish"),
        (("train", "{few}", "--budget-hours", "1"), 2, "--advanced"),
        (("train", "{few}", "--add-only", "gnocchi"), 2, "gnocchi"),
        (("train", "{few}", "--project", "ImageNet"), 1, "built-in"),
        (("iteration", "show", "9", "--project", "menu"), 2, "9"),
        (("iteration", "cancel", "--project", "menu"), 2, "trained"),
        (("iteration", "delete", "1", "--project", "menu"), 2, "--yes"),
        (("project", "show", "nothing"), 2, "nothing"),
        (("project", "create", "menu"), 1, "name"),
        (("tag", "create", "", "--project", "menu"), 2, ""),
        (("tag", "delete", "gnocchi", "--project", "menu", "--yes"), 2, "gnocchi"),
        (("predict", "{photo}", "--project", "nothing"), 2, "project"),
        (("predict", "{few}", "--project", "nothing", "--csv"), 2, "project"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    trained_server: Place, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    few, one, photo = tmp_path / "few", tmp_path / "one", tmp_path / "photo.png"
    for folder, tags in ((few, ("a", "b")), (one, ("a",))):
        for kind, tag in enumerate(tags):
            (folder / tag).mkdir(parents=True)
            for number in range(4):
                (folder / tag / f"{number}.png").write_bytes(dish(kind, number))
    photo.write_bytes(dish(0, 0))
    places = {"few": few, "one": one, "photo": photo}
    done = trained_server.run(*(argument.format(**places) for argument in arguments), code=code)
    (error,) = errors(done.stderr)
    assert said in error
    assert " Hint: " in error
    assert done.stdout == ""


def test_another_project_answers_by_default_once_it_is_told_to(
    trained_server: Place, album: Path
) -> None:
    place, image = trained_server, album / "Test" / "pizza" / "00.png"
    trained = place.run("train", album / "Test", "--project", "few dishes", "--publish", "default")
    assert (
        "Whoever names no project is still answered by menu. "
        "Hint: classifr project use 'few dishes'\n"
    ) in trained.stderr
    assert place.json("predict", image)["project"] == "menu"
    place.run("project", "use", "few dishes")
    assert place.json("predict", image)["project"] == "few dishes"
    place.run("project", "use", "menu")
    assert place.json("predict", image)["project"] == "menu"
    place.run("iteration", "unpublish", "default", "--project", "few dishes")
    again = place.run("iteration", "publish", "latest", "--project", "few dishes")
    assert "Hint: classifr project use 'few dishes'\n" in again.stderr
    place.run("iteration", "unpublish", "default", "--project", "few dishes")
    place.run("project", "delete", "few dishes", "--yes")


def test_ctrl_c_cancels_the_training(trained: Place, album: Path, tmp_path: Path) -> None:
    # Enough images for the training to take a while, each a new one.
    folder = tmp_path / "long"
    for kind, tag in enumerate(("a", "b")):
        (folder / tag).mkdir(parents=True)
        for number in range(150):
            (folder / tag / f"{number}.png").write_bytes(dish(kind, 5000 + number))
    with subprocess.Popen(
        [*COMMAND, "train", folder, "--project", "long"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(trained.data_dir, **trained.settings),
        cwd="/",
    ) as process:
        said = []
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith("Looking at the images"):
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    text = "".join(said)
    assert "Looking at the images" in text
    assert "The training is cancelled; what was uploaded stays." in text
    assert "Traceback" not in text
    (iteration,) = trained.json("iteration", "list", "--project", "long")["items"]
    assert iteration["status"] == "cancelled"
    done = trained.run("train", folder, "--project", "long")
    assert "Nothing to upload: 300 images there already." in done.stderr
    trained.run("project", "delete", "long", "--yes")


def test_a_command_that_was_killed_leaves_no_worker(warm: Place, tmp_path: Path) -> None:
    local = warm
    folder = tmp_path / "killed"
    for kind, tag in enumerate(("a", "b")):
        (folder / tag).mkdir(parents=True)
        for number in range(100):
            (folder / tag / f"{number}.png").write_bytes(dish(kind, 9000 + number))
    with subprocess.Popen(
        [*COMMAND, "train", folder, "--project", "killed"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(local.data_dir, **local.settings),
        cwd="/",
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Looking at the images"):
                break
        children = _children(process.pid)
        assert children
        process.kill()
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    cancelled = local.run("iteration", "cancel", "--project", "killed")
    assert "Cancelled" in cancelled.stderr


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def test_a_local_command_and_a_server_share_the_data_folder(
    server: Server, remote: Place, album: Path
) -> None:
    here = Place(server.data_dir, {})
    done = here.run("train", album, "--project", "shared", "--publish", "shared")
    assert "Iteration 1 is published as shared." in done.stderr
    image = (album / "Test" / "pizza" / "00.png").read_bytes()

    def answer() -> httpx.Response:
        return httpx.post(
            f"{server.url()}/predict",
            params={"project": "shared", "store": False},
            headers={"X-API-Key": remote.settings["CLASSIFR_API_KEY"]},
            files={"image": image},
        )

    wait_until(lambda: answer().status_code == 200)
    assert answer().json()["project"] == "shared"


@pytest.mark.parametrize("scopes", [("predict",), ()])
def test_a_key_that_may_not_train_is_told_so(
    server: Server, remote: Place, album: Path, scopes: tuple[str, ...]
) -> None:
    key = "clf_wrong"
    if scopes:
        made = run(
            *("key", "create", "x", "--scope", "predict", "--quiet"), data_dir=server.data_dir
        )
        key = made.stdout.strip()
    weak = Place(remote.data_dir, {**remote.settings, "CLASSIFR_API_KEY": key})
    (error,) = errors(weak.run("train", album, code=2).stderr)
    assert "classifr key create" in error
    assert key not in error
    if scopes:
        assert weak.json("predict", album / "Test" / "pizza" / "00.png")["predictions"]
    assert not (remote.data_dir / "postgres").exists()
