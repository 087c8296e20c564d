"""Every router of the dialect, a line each."""

from fastapi import APIRouter

from classifr.customvision import detection
from classifr.customvision.images import artifacts
from classifr.customvision.images import creation as image_creation
from classifr.customvision.images import endpoints as images
from classifr.customvision.images import files as image_files
from classifr.customvision.iterations import endpoints as iterations
from classifr.customvision.iterations import exports, performance, publishing, quick_test
from classifr.customvision.iterations import training as trainings
from classifr.customvision.paths import PREDICTION, TRAINING
from classifr.customvision.predictions import classification
from classifr.customvision.predictions import endpoints as predictions
from classifr.customvision.predictions import files as prediction_files
from classifr.customvision.projects import copies, domains
from classifr.customvision.projects import endpoints as projects
from classifr.customvision.suggestions import endpoints as suggestions
from classifr.customvision.tags import endpoints as tags

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
