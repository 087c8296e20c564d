"""The precision-recall curve of a tag, small enough to draw."""

from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.measures.metrics import cumulative_hits

_MOST_POINTS = 200


@dataclass(frozen=True)
class CurvePoint:
    """What one tag has at one threshold."""

    threshold: float
    precision: float
    recall: float


def precision_recall_curve(
    scores: Float64Array, is_positive: BoolArray, *, most_points: int = _MOST_POINTS
) -> list[CurvePoint]:
    """Points from the highest threshold to the lowest; none without positives.

    scores: (n,) float64. Every different score is a threshold; of more than `most_points`, those
    at even steps along the curve remain, always the first and the last.
    """
    positives = int(is_positive.sum())
    if positives == 0:
        return []
    hits, predicted, thresholds = cumulative_hits(scores, is_positive)
    precision, recall = hits / predicted, hits / positives
    kept = _evenly_along(precision, recall, most_points)
    points = zip(
        thresholds[kept].tolist(), precision[kept].tolist(), recall[kept].tolist(), strict=True
    )
    return [CurvePoint(*point) for point in points]


def _evenly_along(
    precision: Float64Array, recall: Float64Array, most: int
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Indices of at most so many points, about equally far from each other as drawn."""
    if len(precision) <= most:
        return np.arange(len(precision))
    steps = np.abs(np.diff(precision, prepend=precision[0]))
    length = np.cumsum(steps + np.diff(recall, prepend=recall[0]))
    wanted = np.linspace(length[0], length[-1], most)
    return np.unique(np.searchsorted(length, wanted).clip(0, len(precision) - 1))
