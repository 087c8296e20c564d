"""Every router of the dialect, a line each."""

from fastapi import APIRouter

from classifr.customvision import (
    classification,
    detection,
    domains,
    prediction_files,
    predictions,
    quick_test,
    suggestions,
)
from classifr.customvision.images import creation as image_creation
from classifr.customvision.images import endpoints as images
from classifr.customvision.images import files as image_files
from classifr.customvision.paths import PREDICTION, TRAINING

training = APIRouter(prefix=TRAINING)
training.include_router(domains.router)
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
files.include_router(prediction_files.router)
