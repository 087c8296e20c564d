"""None of these: how far an image is from everything the model was trained on."""

from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float32Array, Float64Array

#: Of a hundred images like those of the training, how many lie within the threshold.
_PERCENTILE = 99.0
# So that scores are defined even where every training image is the same.
_SMALLEST_THRESHOLD = 1e-6
_ROWS = 4096
# A sum shorter than this is that of no image.
_ROUNDING = 1e-2


@dataclass(frozen=True, eq=False)
class Novelty:
    """Where the tags lie, and how far from them an image may be.

    It tells a tree among dishes, not a fifth dish: for what is near, no cheap method is reliable.
    """

    centroids: Float32Array  #: (tags that have images, dimension), each of length one.
    threshold: float  #: Cosine distance, above 0.


def fit_novelty(features: Float32Array, labels: BoolArray) -> Novelty:
    """Centroids, and the distance within which 99 % of the images lie.

    features: (n, dimension) float32 of length one; labels: (n, tags) bool. Each image's distance
    is to centroids made without it.
    """
    totals = (labels.T.astype(np.float32) @ features).astype(np.float64)
    has_images = labels.any(axis=0)
    centroids = _normalised(totals[has_images])
    distances = _distances_without_own(
        features, labels[:, has_images], totals[has_images], centroids
    )[labels.any(axis=1)]
    threshold = float(np.percentile(distances, _PERCENTILE)) if distances.size else 0.0
    return Novelty(centroids.astype(np.float32), max(threshold, _SMALLEST_THRESHOLD))


def novelty_scores(novelty: Novelty, features: Float32Array) -> Float64Array:
    """(n, dimension) float32 to (n,) float64 in [0, 1): 0 on a centroid, 0.5 at the threshold."""
    distances = np.maximum(0, 1 - features @ novelty.centroids.T).min(axis=1).astype(np.float64)
    return distances / (distances + novelty.threshold)  # type: ignore[no-any-return]


def is_novel(scores: Float64Array) -> BoolArray:
    """Whether each image is beyond the threshold, "none of these"."""
    return scores > 0.5


def _distances_without_own(
    features: Float32Array, labels: BoolArray, totals: Float64Array, centroids: Float64Array
) -> Float64Array:
    """Cosine distance of each image to the nearest centroid, itself left out of its own."""
    sums, directions = totals.T.astype(np.float32), centroids.T.astype(np.float32)
    squares = (totals**2).sum(axis=1).astype(np.float32)
    nearest = np.empty(len(features))
    for start in range(0, len(features), _ROWS):
        rows = slice(start, start + _ROWS)
        # The sum without x, normalised, times x: (s.x - 1) / |s - x|, since x has length one.
        products = features[rows] @ sums
        lengths = np.sqrt(np.maximum(squares - 2 * products + 1, 0))
        is_alone = lengths < _ROUNDING
        without = np.where(is_alone, -1, (products - 1) / np.where(is_alone, 1, lengths))
        cosines = np.where(labels[rows], without, features[rows] @ directions)
        nearest[rows] = cosines.max(axis=1)
    return np.maximum(0, 1 - nearest)


def _normalised(totals: Float64Array) -> Float64Array:
    lengths = np.linalg.norm(totals, axis=1, keepdims=True)
    centroids: Float64Array = np.divide(
        totals, lengths, out=np.zeros_like(totals), where=lengths > 0
    )
    return centroids
