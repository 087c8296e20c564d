"""Paths as clients write them: any case, any version, repeated slashes; errors always flat."""

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from msrest.authentication import ApiKeyCredentials
from tests.compat.clients import PREDICTION, TRAINING, Access, Wire
from tests.compat.projects import Trained
from tests.ids import NOBODY
from tests.pictures import dish

TRAINING_VERSIONS = ["v3.0", "v3.1", "v3.2", "v3.3", "v3.4-preview"]
PREDICTION_VERSIONS = ["v3.0", "v3.1"]


@pytest.mark.parametrize("version", TRAINING_VERSIONS)
@pytest.mark.parametrize("word", ["training", "Training", "TRAINING"])
def test_versions_of_training(
    wire: Wire, access: Access, trained: Trained, version: str, word: str
) -> None:
    base = f"/customvision/{version}/{word}"
    headers = {"Training-Key": access.training_key}
    for path in (
        "/domains",
        "/projects",
        f"/Projects/{trained.id}",
        f"/projects/{trained.id}/tags",
        f"/projects/{trained.id}/images/tagged?take=3",
        f"/projects/{trained.id}/Iterations",
    ):
        assert wire.send("GET", base + path, headers=headers).status_code == 200, path


@pytest.mark.parametrize("version", PREDICTION_VERSIONS)
@pytest.mark.parametrize("word", ["prediction", "Prediction"])
def test_versions_of_prediction(
    wire: Wire, access: Access, trained: Trained, version: str, word: str
) -> None:
    name = f"{trained.id}/classify/iterations/{trained.publish_name}/image"
    path = f"/customvision/{version}/{word}/{name}"
    headers = {"Prediction-Key": access.prediction_key}
    files = {"imageData": dish("cannoli", 1)}
    assert wire.send("POST", path, headers=headers, files=files).status_code == 200


@pytest.mark.parametrize(
    "base",
    [
        "//customvision/v3.4-preview/training",
        "/customvision//v3.4-preview/training/",
        "///CustomVision/V3.4-Preview/Training",
    ],
)
def test_slashes_are_repeated(wire: Wire, access: Access, trained: Trained, base: str) -> None:
    headers = {"Training-Key": access.training_key}
    answer = wire.send("GET", f"{base}/projects/{trained.id}", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["id"] == trained.id


def test_ids_are_in_any_case(wire: Wire, trained: Trained) -> None:
    answer = wire.train("GET", f"/projects/{trained.id.upper()}")
    assert answer.status_code == 200
    assert answer.json()["id"] == trained.id


def test_the_name_of_a_publication_keeps_its_case(wire: Wire, trained: Trained) -> None:
    files = {"imageData": dish("cannoli", 1)}
    path = f"/{trained.id}/CLASSIFY/Iterations/dishes/Image/NoStore"
    assert wire.predict("POST", path, files=files).status_code == 200


def test_an_endpoint_may_end_with_a_slash(access: Access) -> None:
    key = ApiKeyCredentials(in_headers={"Training-key": access.training_key})
    with CustomVisionTrainingClient(access.endpoint + "/", key) as client:
        client.config.proxies.use_env_settings = False
        assert client.get_domains()


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("GET", "/customvision", {404}),
        ("GET", "/customvision/", {404}),
        ("GET", "/customvision/docs", {404}),
        ("GET", "/customvision/openapi.json", {404}),
        ("GET", "/customvision/v1.0/training/projects", {404}),
        ("GET", "/customvision/v9.9/training/projects", {404}),
        ("GET", f"{TRAINING}/nothing", {404}),
        ("GET", f"{TRAINING}/projects/{NOBODY}/nothing", {404}),
        ("PUT", f"{TRAINING}/projects", {404, 405}),
        ("DELETE", f"{TRAINING}/domains", {404, 405}),
        ("GET", f"{PREDICTION}/{NOBODY}/classify/iterations/a/image", {404, 405}),
        ("POST", f"{PREDICTION}/{NOBODY}/classify/iterations/a/paper", {404}),
    ],
)
def test_what_is_not_there_is_refused_flatly(
    wire: Wire, access: Access, method: str, path: str, statuses: set[int]
) -> None:
    headers = {"Training-key": access.training_key, "Prediction-key": access.prediction_key}
    answer = wire.send(method, path, headers=headers)
    assert answer.status_code in statuses
    # The shape is checked on its way; see clients.py.
    assert answer.headers["content-type"].startswith("application/json")


def test_answers_are_json_that_is_not_sniffed(wire: Wire) -> None:
    answer = wire.train("GET", "/domains")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
