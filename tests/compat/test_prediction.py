"""The prediction client, and the quick test of the training client."""

import re
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from tests.compat.clients import Wire, code_of, refusal, refusal_with_message
from tests.compat.photos import NOT_AN_IMAGE, TOO_MANY_BYTES_TO_CLASSIFY, heavy
from tests.compat.projects import Trained, is_id
from tests.compat.projects import project as a_project
from tests.ids import NOBODY
from tests.pictures import dish, encoded, picture

Training = CustomVisionTrainingClient
Prediction = CustomVisionPredictionClient

IMAGE_CALLS = ("classify_image", "classify_image_with_no_store")
URL_CALLS = ("classify_image_url", "classify_image_url_with_no_store")


def assert_is_cannoli(found, trained: Trained) -> None:
    """Every tag, the likeliest first."""
    assert is_id(found.id)
    assert found.project == trained.id
    assert found.iteration == trained.iteration.id
    assert found.created is not None
    assert [each.tag_name for each in found.predictions] == ["cannoli", "risotto"]
    for each in found.predictions:
        assert each.tag_id == trained.tags[each.tag_name].id
        assert each.tag_type == "Regular"
        assert each.bounding_box is None
    likely = [each.probability for each in found.predictions]
    assert likely[0] > 0.5
    assert sum(likely) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("call", IMAGE_CALLS)
def test_bytes_are_classified(prediction: Prediction, trained: Trained, call: str) -> None:
    found = getattr(prediction, call)(trained.id, trained.publish_name, dish("cannoli", 400))
    assert_is_cannoli(found, trained)


@pytest.mark.parametrize("call", IMAGE_CALLS)
def test_an_open_file_is_classified(
    prediction: Prediction, trained: Trained, tmp_path: Path, call: str
) -> None:
    path = tmp_path / "cannoli.jpg"
    path.write_bytes(dish("cannoli", 401))
    with path.open("rb") as file:
        found = getattr(prediction, call)(
            trained.id, trained.publish_name, file, application="kitchen"
        )
    assert_is_cannoli(found, trained)


@pytest.mark.parametrize("call", URL_CALLS)
def test_an_address_is_classified(
    prediction: Prediction, trained: Trained, photo_web: str, call: str
) -> None:
    found = getattr(prediction, call)(
        trained.id, trained.publish_name, f"{photo_web}/cannoli/402.jpg"
    )
    assert_is_cannoli(found, trained)


def test_an_image_has_the_same_answer_however_it_comes(
    prediction: Prediction, trained: Trained, photo_web: str, wire: Wire, training: Training
) -> None:
    photo = dish("cannoli", 403)
    base = f"/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    name = trained.publish_name
    found = [
        prediction.classify_image(trained.id, name, photo),
        prediction.classify_image_url(trained.id, name, f"{photo_web}/cannoli/403.jpg"),
        training.quick_test_image(trained.id, photo, iteration_id=trained.iteration.id),
    ]
    raw = [
        wire.predict(
            "POST", base, data=photo, headers={"Content-Type": "application/octet-stream"}
        ),
        wire.predict("POST", base, files={"imageData": photo}),
        wire.predict("POST", base, files={"imageData": ("a.jpg", photo, "image/jpeg")}),
    ]
    likely = [answer.predictions[0].probability for answer in found]
    likely += [answer.json()["predictions"][0]["probability"] for answer in raw]
    assert likely == pytest.approx([likely[0]] * 6, abs=1e-9)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", raw[0].json()["created"])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "BMP", "GIF"])
def test_each_format_is_classified(
    prediction: Prediction, trained: Trained, image_format: str
) -> None:
    photo = encoded(picture(), image_format)
    found = prediction.classify_image_with_no_store(trained.id, trained.publish_name, photo)
    assert len(found.predictions) == 2


@pytest.mark.parametrize("call", IMAGE_CALLS)
def test_names_and_projects_that_are_not_there(
    prediction: Prediction, trained: Trained, call: str
) -> None:
    classify = getattr(prediction, call)
    unknown = refusal_with_message(classify, trained.id, "other", dish("cannoli", 1))
    assert unknown[:2] == (404, "NotFoundIteration")
    assert "Invalid iteration" in unknown[2]
    nowhere = refusal(classify, NOBODY, trained.publish_name, dish("cannoli", 1))
    assert nowhere == (404, "NotFoundProject")


@pytest.mark.parametrize("call", IMAGE_CALLS)
@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (NOT_AN_IMAGE, "BadRequestImageFormat"),
        (dish("cannoli", 1)[:300], "BadRequestImageFormat"),
        (heavy(TOO_MANY_BYTES_TO_CLASSIFY), "BadRequestImageSizeBytes"),
    ],
    ids=["page", "cut off", "heavy"],
)
def test_images_that_cannot_be_classified(
    prediction: Prediction, trained: Trained, call: str, photo: bytes, code: str
) -> None:
    classify = getattr(prediction, call)
    assert refusal(classify, trained.id, trained.publish_name, photo) == (400, code)


@pytest.mark.parametrize("call", URL_CALLS)
@pytest.mark.parametrize("path", ["/gone.jpg", "/moved.jpg", "", "http://10.0.0.1/a.jpg", "a.jpg"])
def test_addresses_that_cannot_be_classified(
    prediction: Prediction, trained: Trained, photo_web: str, call: str, path: str
) -> None:
    url = photo_web + path if path.startswith("/") else path
    classify = getattr(prediction, call)
    refused = refusal(classify, trained.id, trained.publish_name, url)
    assert refused == (400, "BadRequestImageUrl")


def test_requests_without_an_image(wire: Wire, trained: Trained) -> None:
    base = f"/{trained.id}/classify/iterations/{trained.publish_name}"
    binary = {"Content-Type": "application/octet-stream"}
    json_type = {"Content-Type": "application/json"}
    answers = [
        wire.predict("POST", f"{base}/image", data=b"", headers=binary),
        wire.predict("POST", f"{base}/image", files={"imageData": ("a.jpg", b"")}),
        wire.predict("POST", f"{base}/url", data=b"{", headers=json_type),
        wire.predict("POST", f"{base}/url", json={"address": "http://a"}),
        wire.predict("POST", f"{base}/url", json=["http://a"]),
    ]
    for answer in answers:
        status, code = code_of(answer)
        assert status == 400
        assert code.startswith("BadRequest")
    kind = {"Content-Type": "text/plain"}
    status, code = code_of(wire.predict("POST", f"{base}/url", data="a", headers=kind))
    assert status in (400, 415)
    assert code.startswith(("BadRequest", "UnsupportedMediaType"))


# The quick test


def test_the_newest_iteration_is_tested_unless_another_is_named(
    training: Training, trained: Trained, photo_web: str
) -> None:
    assert_is_cannoli(training.quick_test_image(trained.id, dish("cannoli", 410)), trained)
    url = f"{photo_web}/cannoli/411.jpg"
    assert_is_cannoli(training.quick_test_image_url(trained.id, url), trained)
    named = training.quick_test_image_url(
        trained.id, url, iteration_id=trained.iteration.id, store=False
    )
    assert_is_cannoli(named, trained)


def test_a_training_image_may_be_tested_up_to_its_own_limit(
    training: Training, trained: Trained
) -> None:
    photo = heavy(TOO_MANY_BYTES_TO_CLASSIFY)
    found = training.quick_test_image(trained.id, photo, store=False)
    assert len(found.predictions) == 2


def test_quick_tests_that_cannot_be(training: Training, trained: Trained, photo_web: str) -> None:
    photo = dish("cannoli", 1)
    test, test_url = training.quick_test_image, training.quick_test_image_url
    assert refusal(test, NOBODY, photo) == (404, "NotFoundProject")
    assert refusal(test, trained.id, photo, NOBODY) == (404, "NotFoundIteration")
    assert refusal(test, trained.id, NOT_AN_IMAGE) == (400, "BadRequestImageFormat")
    gone = refusal(test_url, trained.id, f"{photo_web}/gone.jpg")
    assert gone == (400, "BadRequestImageUrl")
    with a_project(training) as untrained:
        status, code = refusal(test, untrained.id, photo)
        assert status in (400, 404)
        assert code in ("NotFoundProjectDefaultIteration", "BadRequestIterationIsNotTrained")
