"""Whether probabilities are to be believed: of what is 80 % sure, are 80 % right?"""

from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.measures.metrics import is_top_right

_BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose top probability lies in (low, high]."""

    low: float
    high: float
    images: int
    confidence: float  #: Mean top probability.
    accuracy: float  #: Share of them whose top tag is right.


def reliability(probabilities: Float64Array, labels: BoolArray) -> list[ReliabilityBin]:
    """The bins, of 15 equally wide ones, that hold images. (n, tags) float64 and bool."""
    if len(probabilities) == 0:
        return []
    confidence = probabilities.max(axis=1)
    is_right = is_top_right(probabilities, labels)
    edges = np.linspace(0, 1, _BINS + 1)
    index = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    return [
        ReliabilityBin(
            low=float(edges[one]),
            high=float(edges[one + 1]),
            images=int((index == one).sum()),
            confidence=float(confidence[index == one].mean()),
            accuracy=float(is_right[index == one].mean()),
        )
        for one in np.unique(index)
    ]


def calibration_error(probabilities: Float64Array, labels: BoolArray) -> float | None:
    """Expected calibration error in [0, 1]; None without images.

    Of a perfectly calibrated model it is above 0 as well: about 4 % on 300 images.
    Source: Guo et al. (2017), equation 3, on the top probability.
    """
    bins = reliability(probabilities, labels)
    if not bins:
        return None
    gaps = sum(one.images * abs(one.accuracy - one.confidence) for one in bins)
    return gaps / len(probabilities)
