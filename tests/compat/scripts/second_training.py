"""Adds two kinds of dishes to the project of first_training.py and replaces its model.

usage: second_training.py IMAGES, a folder with Train/<tag>/ and Test/
"""

import os
import sys
import time
from pathlib import Path

from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    ImageFileCreateBatch,
    ImageFileCreateEntry,
)
from msrest.authentication import ApiKeyCredentials

ENDPOINT = os.environ["VISION_ENDPOINT"]
training_key = os.environ["VISION_TRAINING_KEY"]
prediction_key = os.environ["VISION_PREDICTION_KEY"]
prediction_resource_id = os.environ["VISION_PREDICTION_RESOURCE_ID"]

images_folder = Path(sys.argv[1])
publish_iteration_name = "foodModel2"

credentials = ApiKeyCredentials(in_headers={"Training-key": training_key})
trainer = CustomVisionTrainingClient(ENDPOINT, credentials)
prediction_credentials = ApiKeyCredentials(in_headers={"Prediction-key": prediction_key})
predictor = CustomVisionPredictionClient(ENDPOINT, prediction_credentials)

# Find the project
project = next(p for p in trainer.get_projects() if p.name == "Classifr food")

# Two more tags
for tag_name in ("pizza", "tiramisu"):
    tag = trainer.create_tag(project.id, tag_name)
    files = sorted((images_folder / "Train" / tag_name).iterdir())
    for start in range(0, len(files), 60):
        batch = [
            ImageFileCreateEntry(name=file.name, contents=file.read_bytes(), tag_ids=[tag.id])
            for file in files[start : start + 60]
        ]
        result = trainer.create_images_from_files(project.id, ImageFileCreateBatch(images=batch))
        if not result.is_batch_successful:
            print("Image batch upload failed.")
            for image in result.images:
                print("Image status: ", image.status)
            sys.exit(-1)
        print(f"{tag_name}: {len(batch)} images uploaded")

# Train again
print("Training...")
iteration = trainer.train_project(project.id)
while iteration.status != "Completed":
    iteration = trainer.get_iteration(project.id, iteration.id)
    print("Training status: " + iteration.status)
    if iteration.status == "Failed":
        sys.exit(-1)
    time.sleep(1)

# Metrics, more strictly this time
performance = trainer.get_iteration_performance(project.id, iteration.id, threshold=0.85)
print(f"Precision: {performance.precision:.2%}")
print(f"Recall: {performance.recall:.2%}")
print(f"Average precision: {performance.average_precision:.2%}")
for tag_performance in performance.per_tag_performance:
    print(
        f"{tag_performance.name}: precision {tag_performance.precision:.2%}, "
        f"recall {tag_performance.recall:.2%}, "
        f"average precision {tag_performance.average_precision:.2%}"
    )

# Publish the new iteration, then take back the previous one
previous = [
    other
    for other in trainer.get_iterations(project.id)
    if other.publish_name and other.id != iteration.id
]
trainer.publish_iteration(project.id, iteration.id, publish_iteration_name, prediction_resource_id)
print(f"Published as {publish_iteration_name}")
for other in previous:
    trainer.unpublish_iteration(project.id, other.id)
    print(f"Unpublished {other.publish_name}")

# Classify the test images
for file in sorted((images_folder / "Test").rglob("*.*")):
    with open(file, "rb") as image_contents:
        results = predictor.classify_image(
            project.id, publish_iteration_name, image_contents.read()
        )
    print(file.name)
    for prediction in results.predictions:
        print(f"\t{prediction.tag_name}: {prediction.probability * 100:.2f}%")
