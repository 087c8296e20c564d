"""Every router of the dialect, a line each."""

from fastapi import APIRouter

from classifr.customvision import domains
from classifr.customvision.paths import PREDICTION, TRAINING

training = APIRouter(prefix=TRAINING)
training.include_router(domains.router)

prediction = APIRouter(prefix=PREDICTION)
