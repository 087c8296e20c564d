"""The flow of version 1.0.0 of the SDK, in which clients took a bare key.

Prints, as JSON, what it was answered.
"""

import json
import os
import sys
import time
from pathlib import Path

from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException,
    ImageFileCreateEntry,
)

ENDPOINT = os.environ["VISION_ENDPOINT"]
images_folder = Path(sys.argv[1])

trainer = CustomVisionTrainingClient(os.environ["VISION_TRAINING_KEY"], endpoint=ENDPOINT)
predictor = CustomVisionPredictionClient(os.environ["VISION_PREDICTION_KEY"], endpoint=ENDPOINT)

project = trainer.create_project("Old client", classification_type="Multiclass")
tags = {name: trainer.create_tag(project.id, name) for name in ("cannoli", "risotto")}
for name, tag in tags.items():
    images = [
        ImageFileCreateEntry(name=file.name, contents=file.read_bytes(), tag_ids=[tag.id])
        for file in sorted((images_folder / name).iterdir())
    ]
    upload = trainer.create_images_from_files(project.id, images=images)
    assert upload.is_batch_successful, [image.status for image in upload.images]

more = trainer.create_images_from_data(
    project.id, (images_folder / "one.jpg").read_bytes(), [tags["cannoli"].id]
)

iteration = trainer.train_project(project.id)
while iteration.status == "Training":
    time.sleep(0.2)
    iteration = trainer.get_iteration(project.id, iteration.id)
performance = trainer.get_iteration_performance(project.id, iteration.id, threshold=0.5)
trainer.publish_iteration(
    project.id, iteration.id, "old", os.environ["VISION_PREDICTION_RESOURCE_ID"]
)
with (images_folder / "one.jpg").open("rb") as file:
    found = predictor.classify_image(project.id, "old", file)

try:
    trainer.create_tag(project.id, "cannoli")
    refused = None
except CustomVisionErrorException as error:
    refused = [error.response.status_code, error.error.code]

answer = {
    "counts": {tag.name: tag.image_count for tag in trainer.get_tags(project.id)},
    "more": [image.status for image in more.images],
    "status": iteration.status,
    "recall": performance.recall,
    "predictions": [each.tag_name for each in found.predictions],
    "iterations": [each.publish_name for each in trainer.get_iterations(project.id)],
    "refused": refused,
}
trainer.unpublish_iteration(project.id, iteration.id)
trainer.delete_project(project.id)
print(json.dumps(answer))
