"""Every router of the dialect, a line each."""

from fastapi import APIRouter

from classifr.customvision import (
    classification,
    detection,
    domains,
    prediction_files,
    predictions,
    quick_test,
)
from classifr.customvision.paths import PREDICTION, TRAINING

training = APIRouter(prefix=TRAINING)
training.include_router(domains.router)
training.include_router(detection.training)
training.include_router(predictions.router)
training.include_router(quick_test.router)

prediction = APIRouter(prefix=PREDICTION)
prediction.include_router(classification.router)
prediction.include_router(detection.prediction)

files = APIRouter()
files.include_router(prediction_files.router)
