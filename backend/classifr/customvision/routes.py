"""Every router of the dialect, a line each."""

from fastapi import APIRouter

from classifr.customvision import (
    artifacts,
    classification,
    copies,
    detection,
    domains,
    exports,
    iterations,
    performance,
    prediction_files,
    predictions,
    projects,
    publishing,
    quick_test,
    suggestions,
    tags,
)
from classifr.customvision import training as trainings
from classifr.customvision.images import creation as image_creation
from classifr.customvision.images import endpoints as images
from classifr.customvision.images import files as image_files
from classifr.customvision.paths import PREDICTION, TRAINING

training = APIRouter(prefix=TRAINING)
training.include_router(domains.router)
# Before `projects`, which would take `import` for an id.
training.include_router(copies.router)
training.include_router(projects.router)
training.include_router(tags.router)
training.include_router(trainings.router)
training.include_router(iterations.router)
training.include_router(publishing.router)
training.include_router(performance.router)
training.include_router(exports.router)
training.include_router(artifacts.router)
training.include_router(detection.training)
training.include_router(predictions.router)
training.include_router(quick_test.router)
training.include_router(suggestions.router)
training.include_router(images.router)
training.include_router(image_creation.router)

prediction = APIRouter(prefix=PREDICTION)
prediction.include_router(classification.router)
prediction.include_router(detection.prediction)

files = APIRouter()
files.include_router(image_files.router)
files.include_router(exports.files)
files.include_router(prediction_files.router)
