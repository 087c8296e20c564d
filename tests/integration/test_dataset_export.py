"""`classifr dataset export` against a running server, and killed half-way."""

import csv
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.albums import dish
from tests.integration.cli import COMMAND, Server, environment, errors, run, wait_until

IMAGES = 400  #: Enough for an export to be caught half-way.
UNTAGGED = 3


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    """How commands reach a server that has the projects `menu` and `scenes`."""
    with TemporaryDirectory() as folder, Server(Path(folder, "data")) as server:
        url = server.url()
        made = run(
            *("key", "create", "tests", "--scope", "train", "--quiet"), data_dir=server.data_dir
        )
        settings = {"CLASSIFR_API_URL": url, "CLASSIFR_API_KEY": made.stdout.strip()}
        _import(Path(folder, "menu"), "menu", settings, tags=("pizza", "risotto"), count=IMAGES)
        tags = ("sea", "sun", "sea;sun")
        _import(Path(folder, "scenes"), "scenes", settings, "--multilabel", tags=tags, count=30)
        yield settings


def _import(
    folder: Path,
    project: str,
    settings: dict[str, str],
    *options: str,
    tags: tuple[str, ...],
    count: int,
) -> None:
    folder.mkdir()
    rows = [["file", "tag"]]
    for number in range(count + UNTAGGED):
        (folder / f"{number}.png").write_bytes(dish(number % 3, 9000 + number))
        rows.append([f"{number}.png", tags[number % len(tags)] if number < count else ""])
    with (folder / "labels.csv").open("w", newline="") as text:
        csv.writer(text).writerows(rows)
    done = run(
        *("dataset", "import", folder, "--project", project, *options),
        data_dir=folder,
        **settings,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def export(settings: dict[str, str], tmp_path: Path) -> list[str]:
    """The command line of an export."""
    return ["dataset", "export", str(tmp_path / "out")]


@pytest.mark.parametrize(
    ("form", "index"),
    [("folders", "labels.csv"), ("coco", "annotations.json"), ("imagefolder", "")],
)
@pytest.mark.parametrize("project", ["menu", "scenes"])
def test_project_leaves_in_every_form(
    settings: dict[str, str], export: list[str], tmp_path: Path, project: str, form: str, index: str
) -> None:
    done = run(*export, "--project", project, "--format", form, data_dir=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "out" / index
    count = (IMAGES if project == "menu" else 30) + UNTAGGED
    assert f"Exported {count} images" in done.stderr
    images = list((tmp_path / "out").rglob("*.png"))
    assert len(images) == len({image.read_bytes() for image in images}) == count
    if form == "imagefolder":
        text = (tmp_path / "out" / "train" / "metadata.jsonl").read_text()
        row = json.loads(text.splitlines()[0])
        assert set(row) == {"file_name", "label" if project == "menu" else "labels"}
    again = run(*export, "--project", project, "--format", form, data_dir=tmp_path, **settings)
    assert again.returncode == 2
    (error,) = errors(again.stderr)
    assert "is not empty. Hint: Name a new folder." in error


def test_killed_export_goes_on_and_has_each_image_once(
    settings: dict[str, str], export: list[str], tmp_path: Path
) -> None:
    export += ["--project", "menu", "--format", "coco"]
    for _ in range(2):
        unfinished = tmp_path / "out.unfinished"
        before = len(list(unfinished.rglob("*.png")))
        with subprocess.Popen(
            [*COMMAND, *export],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(tmp_path, **settings),
            cwd="/",
        ) as process:
            wait_until(lambda: len(list(unfinished.rglob("*.png"))) > before + 20)  # noqa: B023
            process.kill()
        assert not (tmp_path / "out").exists()
    done = run(*export, data_dir=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert "Went on with an unfinished export" in done.stderr
    images = [path.read_bytes() for path in (tmp_path / "out").rglob("*.png")]
    assert len(images) == len(set(images)) == IMAGES + UNTAGGED
    index = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert len(index["images"]) == len(index["annotations"]) == IMAGES
    assert not unfinished.exists()
