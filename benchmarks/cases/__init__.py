"""What is measured: a function a case, listed in CASES in the order they run."""

from cases import (
    customvision_batch,
    customvision_predict,
    customvision_upload,
    head_fit,
    large_jpeg,
    memory,
    predict,
    quality,
    review,
    saturation,
    start,
    training,
)
from cases.bench import Bench, Case

CASES: dict[str, Case] = {
    "predict": predict.measure,
    "customvision-predict": customvision_predict.measure,
    "saturation": saturation.measure,
    "large-jpeg": large_jpeg.measure,
    "start": start.measure_start,
    "help": start.measure_help,
    "review": review.measure,
    "memory": memory.measure,
    "customvision-upload": customvision_upload.measure,
    "customvision-batch": customvision_batch.measure,
    "head-fit": head_fit.measure,
    "quality": quality.measure,
    "training": training.measure,
}

__all__ = ["CASES", "Bench", "Case"]
