"""What training makes small, the mean log loss, and its gradient."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.learning.head import HeadKind

# Rows whose logits are in memory at a time: few enough for the cache, enough for the product.
_ROWS = 4096
# Keeps the bias of a tag without images finite; too weak to matter to any other.
_BIAS_PENALTY = 1e-6


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Images to fit on, with what does not change from one fit to the next."""

    features: Float32Array  #: (n, dimension)
    labels: BoolArray  #: (n, tags)
    kind: HeadKind
    mean: Float32Array  #: (dimension,), of the features.
    axes: Float32Array  #: (dimension, directions): columns of length one in which features vary.
    variances: Float64Array  #: (directions,), along each.
    restraint: Float64Array  #: (directions,): how strongly weights along each are held back.
    curvature: float  #: Of the loss in a logit, averaged over tags, before anything is learnt.

    def chunks(self) -> Iterator[tuple[Float32Array, BoolArray]]:
        """The rows in order, some at a time."""
        for start in range(0, len(self.features), _ROWS):
            yield self.features[start : start + _ROWS], self.labels[start : start + _ROWS]


def loss_and_gradient(
    data: TrainingSet, weights: Float32Array, bias: Float64Array
) -> tuple[float, Float32Array, Float64Array]:
    """Mean log loss, and its derivatives by weights and bias; without the penalty on the weights.

    weights: (dimension, tags); bias: (tags,), for features from which their mean was subtracted.
    """
    # Subtracting the mean here costs one row; subtracting it from the features, a copy of them.
    offset = (bias - data.mean @ weights).astype(np.float32)
    loss = 0.0
    by_weights = np.zeros_like(weights)
    by_logits_sum = np.zeros(len(bias))
    for features, labels in data.chunks():
        logits = features @ weights
        logits += offset
        chunk_loss, by_logits = _loss(logits, labels, data.kind)
        loss += chunk_loss
        by_weights += features.T @ by_logits
        by_logits_sum += by_logits.sum(axis=0, dtype=np.float64)
    count = len(data.features)
    by_weights -= np.outer(data.mean, by_logits_sum).astype(np.float32)
    by_weights /= count
    loss = loss / count + 0.5 * _BIAS_PENALTY * float((bias**2).sum())
    return loss, by_weights, by_logits_sum / count + _BIAS_PENALTY * bias


def log_loss(logits: Float32Array, labels: BoolArray, kind: HeadKind) -> float:
    """Negative log likelihood, summed over images (multilabel: and tags)."""
    return _loss(logits.astype(np.float32), labels, kind)[0]


def _loss(logits: Float32Array, labels: BoolArray, kind: HeadKind) -> tuple[float, Float32Array]:
    """The summed loss and its derivative by each logit."""
    if kind is HeadKind.MULTICLASS:
        shifted = logits - logits.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        sums = exponentials.sum(axis=1, keepdims=True)
        loss = np.log(sums).sum(dtype=np.float64)
        probabilities = exponentials / sums
        if (counts := labels.sum(axis=1, keepdims=True)).max(initial=1) > 1:
            # An image of several tags is as much of each of them.
            targets = (labels / counts).astype(np.float32)
            loss -= (shifted * targets).sum(dtype=np.float64)
            return float(loss), probabilities - targets
        loss -= shifted[labels].sum(dtype=np.float64)
    else:
        exponentials = np.exp(-np.abs(logits))
        softplus = np.maximum(logits, 0) + np.log1p(exponentials)
        loss = softplus.sum(dtype=np.float64) - logits[labels].sum(dtype=np.float64)
        probabilities = np.where(logits >= 0, 1, exponentials) / (1 + exponentials)
    return float(loss), probabilities - labels
