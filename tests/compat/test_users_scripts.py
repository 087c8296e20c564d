"""The scripts with which Custom Vision is used, unmodified but for what they are told."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from tests.compat.clients import Access
from tests.compat.projects import delete_project
from tests.pictures import dish

SCRIPTS = Path(__file__).parent / "scripts"
TAGS = ("cannoli", "risotto", "pizza", "tiramisu")
#: The user's photos; made ones are always tried, these where they lie.
PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "italian64"
#: More than a batch of 60.
MADE, TAKEN = 61, 30


@pytest.fixture
def made_images(tmp_path: Path) -> Path:
    """A folder as the user has it, with images made here."""
    for tag in TAGS:
        train = tmp_path / "Train" / tag
        train.mkdir(parents=True)
        for seed in range(MADE):
            (train / f"{seed:02}.jpg").write_bytes(dish(tag, seed))
    (tmp_path / "Test").mkdir()
    for tag in TAGS:
        (tmp_path / "Test" / f"{tag}.jpg").write_bytes(dish(tag, 900))
    return tmp_path


@pytest.fixture
def real_images(tmp_path: Path) -> Path:
    """A folder with some of the user's photos."""
    if not PHOTOS.is_dir():
        pytest.skip(f"{PHOTOS} is not there")
    for tag in TAGS:
        for kind, count in (("Train", TAKEN), ("Test", 1)):
            folder = tmp_path / kind / tag
            folder.mkdir(parents=True)
            for file in sorted((PHOTOS / kind / tag).iterdir())[:count]:
                (folder / f"{tag}-{file.name}").symlink_to(file)
    return tmp_path


@pytest.fixture(autouse=True)
def _no_project_stays(training: CustomVisionTrainingClient) -> Iterator[None]:
    yield
    for project in training.get_projects():
        if project.name == "Classifr food":
            delete_project(training, project.id)


def run(script: str, images: Path, access: Access) -> str:
    """What it printed."""
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, images],
        env={
            "PATH": os.defpath,
            "VISION_ENDPOINT": access.endpoint,
            "VISION_TRAINING_KEY": access.training_key,
            "VISION_PREDICTION_KEY": access.prediction_key,
            "VISION_PREDICTION_RESOURCE_ID": access.resource_id,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def predictions(output: str) -> dict[str, list[str]]:
    """The tags of each test image, likeliest first."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in output.split("Published as")[1].splitlines()[1:]:
        if line.startswith("\t"):
            found[name].append(line.strip().split(":")[0])
        elif line.endswith((".jpg", ".png")):
            name = line
            found[name] = []
    return found


def assert_metrics(output: str, tags: tuple[str, ...]) -> None:
    for word in ("Precision", "Recall", "Average precision"):
        assert re.search(rf"^{word}: \d+\.\d\d%$", output, re.MULTILINE)
    for tag in tags:
        line = rf"^{tag}: precision [\d.]+%, recall [\d.]+%, average precision [\d.]+%$"
        assert re.search(line, output, re.MULTILINE)


def test_the_first_training_and_the_second(made_images: Path, access: Access) -> None:
    first = run("first_training.py", made_images, access)
    for tag in TAGS[:2]:
        assert f"{tag}: 60 images uploaded\n{tag}: 1 images uploaded" in first
    assert "Training status: Completed" in first
    assert_metrics(first, TAGS[:2])
    found = predictions(first)
    assert len(found) == len(TAGS)
    assert found["cannoli.jpg"] == ["cannoli", "risotto"]
    assert found["risotto.jpg"] == ["risotto", "cannoli"]

    second = run("second_training.py", made_images, access)
    assert_metrics(second, TAGS)
    assert "Published as foodModel2\nUnpublished foodModel1" in second
    found = predictions(second)
    for tag in TAGS:
        assert found[f"{tag}.jpg"][0] == tag
        assert set(found[f"{tag}.jpg"]) == set(TAGS)

    # Run once more, it finds its name taken, says so and leaves everything as it was.
    with pytest.raises(AssertionError, match="name"):
        run("first_training.py", made_images, access)


def test_the_scripts_with_the_users_photos(real_images: Path, access: Access) -> None:
    run("first_training.py", real_images, access)
    second = run("second_training.py", real_images, access)
    assert_metrics(second, TAGS)
    assert len(predictions(second)) == len(TAGS)
