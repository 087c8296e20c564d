"""Every method of the official clients is driven by this suite."""

import inspect
import re
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

SUITE = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))


def methods(client: type) -> list[str]:
    return [
        name
        for name, _ in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name != "close"
    ]


@pytest.mark.parametrize(
    ("client", "count"), [(CustomVisionTrainingClient, 52), (CustomVisionPredictionClient, 8)]
)
def test_every_method_is_called(client: type, count: int) -> None:
    names = methods(client)
    assert len(names) == count
    missing = [name for name in names if not re.search(rf'(\.|")\b{name}\b', SUITE)]
    assert missing == []
