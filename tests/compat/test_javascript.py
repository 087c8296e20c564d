"""The official JavaScript clients, run in Node.js."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.compat.clients import Access
from tests.pictures import dish

FLOW = Path(__file__).parent / "js" / "flow.js"
NODE = Path(sys.prefix) / "bin" / "node"


def refused(answer: dict[str, object]) -> tuple[object, object]:
    """The status and code of a refusal, and that it came with a sentence."""
    assert answer["message"]
    return answer["status"], answer["code"]


def test_the_classification_flow(access: Access, photo_web: str, tmp_path: Path) -> None:
    photos = {
        name: [base64.b64encode(dish(name, seed)).decode() for seed in range(12)]
        for name in ("cannoli", "risotto")
    }
    file = tmp_path / "photos.json"
    file.write_text(json.dumps({**photos, "one": base64.b64encode(dish("cannoli", 702)).decode()}))
    done = subprocess.run(
        [NODE, "--no-deprecation", FLOW, file],
        env={
            "PATH": os.defpath,
            "VISION_ENDPOINT": access.endpoint,
            "VISION_TRAINING_KEY": access.training_key,
            "VISION_PREDICTION_KEY": access.prediction_key,
            "VISION_PREDICTION_RESOURCE_ID": access.resource_id,
            "PHOTOS": photo_web,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)

    refusals = {
        "sameName": (400, "BadRequestProjectNameNotUnique"),
        "sameTag": (400, "BadRequestTagNameNotUnique"),
        "secondNegative": (400, "BadRequestMultipleNegativeTag"),
        "trainAgain": (400, "BadRequestTrainingNotNeeded"),
        "deletePublished": (400, "BadRequestIterationIsPublished"),
        "wrongName": (404, "NotFoundIteration"),
        "noImage": (400, "BadRequestImageFormat"),
        "wrongKey": (401, "401"),
        "unknown": (404, "NotFoundProject"),
        "gone": (404, "NotFoundProject"),
    }
    assert {name: refused(answer.pop(name)) for name in refusals} == refusals
    dishes = ["cannoli", "risotto"]
    assert answer == {
        "project": {"settings": "Multiclass", "created": True, "listed": True},
        "batch": [True, "OK"],
        "statuses": ["OK"] * 12,
        "again": [False, "OKDuplicate", "OKDuplicate"],
        "mixed": ["ErrorImageFormat", "OKDuplicate"],
        "byUrl": ["OK", "ErrorSource"],
        "counts": {"cannoli": 13, "risotto": 12},
        "tagged": [["risotto"], ["risotto"]],
        "thumbnail": 200,
        "started": ["Iteration 1", "Training"],
        "ended": ["Completed", True],
        "metrics": dishes,
        "published": True,
        "found": {
            "image": dishes,
            "imageNoStore": dishes,
            "url": dishes,
            "urlNoStore": dishes,
            "quick": dishes,
        },
        "stored": 2,
        "storedAfter": 0,
    }
