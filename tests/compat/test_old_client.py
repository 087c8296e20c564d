"""Version 1.0.0 of the official Python SDK, in an environment of its own."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests.compat.clients import Access
from tests.pictures import dish

SCRIPT = Path(__file__).parent / "scripts" / "old_client.py"
PACKAGES = ("azure-cognitiveservices-vision-customvision==1.0.0", "msrest==0.7.1")


@pytest.fixture(scope="module")
def old_python() -> Path:
    """A Python with the old version; made once and kept beside the packages of development."""
    folder = Path(sys.prefix) / "compat-1.0.0"
    python = folder / "bin" / "python"
    if not (folder / ".complete").exists():
        venv.create(folder, clear=True, with_pip=True)
        options = ["--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run(
            [python, "-m", "pip", "install", *options, *PACKAGES], check=True, timeout=240
        )
        (folder / ".complete").touch()
    return python


def test_the_flow_of_the_old_version(old_python: Path, access: Access, tmp_path: Path) -> None:
    for name in ("cannoli", "risotto"):
        (tmp_path / name).mkdir()
        for seed in range(12):
            (tmp_path / name / f"{seed}.jpg").write_bytes(dish(name, seed))
    (tmp_path / "one.jpg").write_bytes(dish("cannoli", 800))
    done = subprocess.run(
        [old_python, "-W", "ignore", SCRIPT, tmp_path],
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
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer.pop("recall") >= 0
    assert answer == {
        "counts": {"cannoli": 13, "risotto": 12},
        "more": ["OK"],
        "status": "Completed",
        "predictions": ["cannoli", "risotto"],
        "iterations": ["old"],
        "refused": [400, "BadRequestTagNameNotUnique"],
    }
