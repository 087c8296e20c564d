"""The user's script by commands: step by step, and on the user's own images."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cli import Place, environment
from tests.integration.training.album import DISHES, IMAGES, ITALIAN


def published(place: Place, project: str) -> dict[str, str]:
    """The names of the published iterations."""
    listed = place.json("iteration", "list", "--project", project)["items"]
    return {item["published_name"]: item["name"] for item in listed if item["published_name"]}


def test_the_users_script_step_by_step(place: Place, album: Path) -> None:
    train = ("train", album, "--project", "menu")
    first = place.json(*train, "--add-only", "cannoli,risotto", "--publish", "production")
    assert first["uploaded"] == {
        "added": 2 * IMAGES,
        "retagged": 0,
        "unchanged": 0,
        "refused": [],
        "contradictions": [],
    }
    assert first["is_published"]
    assert first["iteration"]["status"] == "completed"
    assert [tag["name"] for tag in first["report"]["per_tag"]] == ["cannoli", "risotto"]
    assert published(place, "menu") == {"production": "Iteration 1"}

    second = place.run(*train, "--threshold", "0.85", "--publish", "production")
    assert f"Added {2 * IMAGES} images: pizza {IMAGES}, tiramisu {IMAGES}." in second.stderr
    assert "broken.jpg: ErrorImageFormat. " in second.stderr
    assert "1 image refused." in second.stderr
    assert re.search(r"Compared with Iteration 1: .*; new: pizza, tiramisu\.", second.stderr)
    assert "Iteration 2 is published as production instead of Iteration 1." in second.stderr
    table = [line.split() for line in second.stdout.splitlines()]
    assert [row[0] for row in table[1:6]] == ["All", *DISHES]
    assert second.stdout.splitlines()[-1].startswith("Threshold 0.85, ")
    assert published(place, "menu") == {"production": "Iteration 2"}

    # It is classified by the new iteration at once.
    image = album / "Test" / "tiramisu" / "00.png"
    answer = place.json("predict", image)
    assert answer["iteration"] == "Iteration 2"
    assert answer["predictions"][0]["tag"] == "tiramisu"
    before = place.json("predict", image, "--project", "menu", "--iteration", "1")
    assert {likely["tag"] for likely in before["predictions"]} == {"cannoli", "risotto"}

    again = place.run(*train, "--publish", "production", "--if-better")
    assert f"Nothing to upload: {4 * IMAGES} images there already." in again.stderr
    assert "Nothing changed since Iteration 2 was trained." in again.stderr
    assert "Iteration 2 is published as production already." in again.stderr
    assert len(place.json("iteration", "list", "--project", "menu")["items"]) == 2

    place.run("iteration", "rollback", "--project", "menu")
    assert published(place, "menu") == {"production": "Iteration 1"}
    place.run("iteration", "unpublish", "production", "--project", "menu")
    assert published(place, "menu") == {}
    assert place.json("predict", image)["iteration"] == "ImageNet"
    place.run("iteration", "publish", "latest", "--project", "menu", "--name", "production")
    assert published(place, "menu") == {"production": "Iteration 2"}


@pytest.mark.skipif(not ITALIAN.is_dir(), reason="the images are not there")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("where", ["local", "remote"])
def test_the_users_script_on_the_users_images(where: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(where)
    train = ("train", ITALIAN, "--project", "italian")
    first = _patient(place, *train, "--add-only", "cannoli,risotto", "--publish", "v1")
    assert "Added 1,920 images: cannoli 960, risotto 960." in first
    second = _patient(place, *train, "--publish", "v1", "--if-better")
    assert "Added 1,920 images: pizza 960, tiramisu 960." in second
    assert "Iteration 2 is published as v1 instead of Iteration 1." in second
    found = place.json("eval", ITALIAN, "--project", "italian", "--iteration", "v1")
    assert found["image_count"] == 80
    assert found["top1"] >= 0.85


def _patient(place: Place, *arguments: str | Path) -> str:
    """What a command says that embeds thousands of images."""
    done = subprocess.run(
        [sys.executable, "-m", "classifr", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(place.data_dir, **place.settings),
        cwd=os.sep,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr
