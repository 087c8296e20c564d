"""Keys: in every header clients use, each for what it is made for."""

from pathlib import Path

import pytest
import requests
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from msrest.authentication import ApiKeyCredentials, CognitiveServicesCredentials
from tests.compat.clients import (
    PREDICTION,
    TRAINING,
    Access,
    Answers,
    Wire,
    code_of,
    refusal_with_message,
)
from tests.compat.conftest import make_key
from tests.compat.projects import Trained
from tests.ids import NOBODY
from tests.integration.cli import run, wait_until
from tests.pictures import dish

DENIED = (401, "401")


@pytest.mark.parametrize(
    "header",
    [
        "Training-key",
        "Training-Key",
        "training-key",
        "TRAINING-KEY",
        "Ocp-Apim-Subscription-Key",
        "ocp-apim-subscription-key",
    ],
)
def test_a_training_key_is_admitted_in_each_header(wire: Wire, access: Access, header: str) -> None:
    answer = wire.send("GET", f"{TRAINING}/projects", headers={header: access.training_key})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Prediction-key",
        "Prediction-Key",
        "prediction-key",
        "PREDICTION-KEY",
        "Ocp-Apim-Subscription-Key",
        "ocp-apim-subscription-key",
    ],
)
def test_a_prediction_key_is_admitted_in_each_header(
    wire: Wire, access: Access, trained: Trained, header: str
) -> None:
    path = f"{PREDICTION}/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    files = {"imageData": dish("cannoli", 1)}
    answer = wire.send("POST", path, headers={header: access.prediction_key}, files=files)
    assert answer.status_code == 200


def test_the_credentials_of_every_cognitive_service(access: Access) -> None:
    credentials = CognitiveServicesCredentials(access.training_key)
    with CustomVisionTrainingClient(access.endpoint, credentials) as client:
        client.config.proxies.use_env_settings = False
        assert client.get_projects() is not None


@pytest.mark.parametrize("key", [None, "", "0123456789abcdef0123456789abcdef", "clf_" + "x" * 40])
def test_a_wrong_key_is_denied_everywhere(wire: Wire, trained: Trained, key: str | None) -> None:
    headers = {} if key is None else {"Training-key": key, "Prediction-key": key}
    name = f"/{trained.id}/classify/iterations/{trained.publish_name}"
    for method, path in [
        ("GET", f"{TRAINING}/domains"),
        ("GET", f"{TRAINING}/projects"),
        ("DELETE", f"{TRAINING}/projects/{trained.id}"),
        ("GET", f"{TRAINING}/projects/{NOBODY}"),
        ("POST", f"{TRAINING}/projects/{trained.id}/images/regions"),
        ("POST", f"{PREDICTION}{name}/image"),
        ("POST", f"{PREDICTION}{name}/url/nostore"),
    ]:
        answer = wire.send(method, path, headers=headers)
        assert code_of(answer) == DENIED, path
        message = answer.json()["message"]
        assert "Access denied due to invalid subscription key or wrong API endpoint" in message


def test_a_wrong_key_is_told_by_the_official_clients(access: Access, trained: Trained) -> None:
    wrong = {"Training-key": "wrong", "Prediction-key": "wrong"}
    with CustomVisionTrainingClient(access.endpoint, ApiKeyCredentials(in_headers=wrong)) as client:
        status, code, message = refusal_with_message(client.get_projects)
        assert (status, code) == DENIED
        assert message.startswith("Access denied")
    key = ApiKeyCredentials(in_headers=wrong)
    with CustomVisionPredictionClient(access.endpoint, key) as client:
        refused = refusal_with_message(
            client.classify_image, trained.id, trained.publish_name, dish("cannoli", 1)
        )
        assert refused[:2] == DENIED


def test_a_key_opens_only_what_it_is_for(wire: Wire, access: Access, trained: Trained) -> None:
    for header in ("Training-key", "Ocp-Apim-Subscription-Key"):
        headers = {header: access.prediction_key}
        assert code_of(wire.send("GET", f"{TRAINING}/projects", headers=headers)) == DENIED
    path = f"{PREDICTION}/{trained.id}/classify/iterations/{trained.publish_name}/image"
    for header in ("Prediction-key", "Ocp-Apim-Subscription-Key"):
        headers = {header: access.training_key}
        files = {"imageData": dish("cannoli", 1)}
        answer = wire.send("POST", path, headers=headers, files=files)
        assert code_of(answer) == DENIED


def test_one_key_may_be_for_both(wire: Wire, trained: Trained, data_dir: Path) -> None:
    key = make_key(data_dir, "train", "predict")
    projects = wire.send("GET", f"{TRAINING}/projects", headers={"Training-key": key})
    assert projects.status_code == 200
    path = f"{PREDICTION}/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    files = {"imageData": dish("cannoli", 1)}
    found = wire.send("POST", path, headers={"Prediction-key": key}, files=files)
    assert found.status_code == 200


def test_a_revoked_key_is_denied(wire: Wire, data_dir: Path) -> None:
    key = make_key(data_dir, "train")
    headers = {"Training-key": key}

    def status() -> int:
        return wire.send("GET", f"{TRAINING}/domains", headers=headers).status_code

    assert status() == 200
    assert run("key", "revoke", key, data_dir=data_dir).returncode == 0
    wait_until(lambda: status() == 401)


def test_a_key_is_not_taken_from_the_address(wire: Wire, access: Access) -> None:
    path = f"{TRAINING}/projects?Training-key={access.training_key}"
    assert code_of(wire.send("GET", path)) == DENIED


def test_a_key_is_not_for_the_addresses_of_images(
    training: CustomVisionTrainingClient, trained: Trained, answers: Answers
) -> None:
    (image,) = training.get_tagged_images(trained.id, take=1)
    assert requests.get(image.thumbnail_uri, timeout=30).status_code == 200
