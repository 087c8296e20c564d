"""What concerns object detection alone is refused plainly: never HTML, never a crash."""

import pytest
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import refusal_with_message
from tests.compat.projects import Trained
from tests.ids import NOBODY
from tests.pictures import dish

NOT_SUPPORTED = (400, "BadRequestNotSupported")


@pytest.mark.parametrize("call", ["detect_image", "detect_image_with_no_store"])
def test_objects_in_an_image(
    prediction: CustomVisionPredictionClient, trained: Trained, call: str
) -> None:
    detect = getattr(prediction, call)
    refused = refusal_with_message(detect, trained.id, trained.publish_name, dish("cannoli", 1))
    assert refused[:2] == NOT_SUPPORTED
    assert "detection" in refused[2]


@pytest.mark.parametrize("call", ["detect_image_url", "detect_image_url_with_no_store"])
def test_objects_behind_an_address(
    prediction: CustomVisionPredictionClient, trained: Trained, photo_web: str, call: str
) -> None:
    detect = getattr(prediction, call)
    url = f"{photo_web}/cannoli/1.jpg"
    assert refusal_with_message(detect, trained.id, trained.publish_name, url)[:2] == NOT_SUPPORTED


def test_regions_are_refused_as_object_detection(
    training: CustomVisionTrainingClient, trained: Trained
) -> None:
    (image,) = training.get_tagged_images(trained.id, take=1)
    tag = trained.tags["cannoli"].id
    region = m.ImageRegionCreateEntry(
        image_id=image.id, tag_id=tag, left=0.1, top=0.1, width=0.5, height=0.5
    )
    for call, *arguments in [
        (training.create_image_regions, [region]),
        (training.delete_image_regions, [NOBODY]),
        (training.get_image_region_proposals, image.id),
    ]:
        refused = refusal_with_message(call, trained.id, *arguments)
        assert refused[:2] == NOT_SUPPORTED, call.__name__
        assert "detection" in refused[2]
