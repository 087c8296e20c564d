"""Programs in a browser, which ask from pages of other origins."""

import pytest
import requests
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from tests.compat.clients import PREDICTION, TRAINING, Wire
from tests.compat.projects import Trained
from tests.ids import NOBODY
from tests.pictures import dish

ORIGIN = {"Origin": "https://shop.example"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{PREDICTION}/{NOBODY}/classify/iterations/dishes/image"),
        ("GET", f"{TRAINING}/projects"),
        ("PATCH", f"{TRAINING}/projects/{NOBODY}"),
        ("DELETE", f"{TRAINING}/projects/{NOBODY}"),
    ],
)
def test_a_browser_asks_before_it_sends_a_key(wire: Wire, method: str, path: str) -> None:
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,prediction-key,training-key",
    }
    answer = wire.send("OPTIONS", path, headers={**ORIGIN, **asked})
    assert answer.status_code in (200, 204)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["access-control-allow-origin"] in ("*", ORIGIN["Origin"])
    # No cookie is a key here, so none is wanted.
    assert "access-control-allow-credentials" not in headers
    assert method in headers["access-control-allow-methods"]
    allowed = headers["access-control-allow-headers"].lower()
    assert allowed == "*" or all(name in allowed for name in ("prediction-key", "training-key"))


def test_a_page_reads_the_answer_and_the_refusal(wire: Wire, trained: Trained) -> None:
    for name in (trained.publish_name, "other"):
        path = f"/{trained.id}/classify/iterations/{name}/image/nostore"
        files = {"imageData": dish("cannoli", 1)}
        answer = wire.predict("POST", path, files=files, headers=ORIGIN)
        assert answer.status_code == (200 if name == trained.publish_name else 404)
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN["Origin"])


def test_a_page_shows_images(training: CustomVisionTrainingClient, trained: Trained) -> None:
    (image,) = training.get_tagged_images(trained.id, take=1)
    answer = requests.get(image.thumbnail_uri, headers=ORIGIN, timeout=30)
    assert answer.headers.get("cross-origin-resource-policy", "cross-origin") == "cross-origin"
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN["Origin"])
