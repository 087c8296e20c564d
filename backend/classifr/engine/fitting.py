"""Fits a head to features by L-BFGS. Import this only to train: scipy takes long to import.

Bit-identical results need the same number of BLAS threads; one is fastest for these shapes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.head import Head, HeadKind
from classifr.engine.objective import TrainingSet, loss_and_gradient
from classifr.engine.progress import OnProgress, ignore_progress

_SAMPLE_ROWS = 4096
_MOST_ITERATIONS = 60
# Of the loss from one iteration to the next. Smaller steps no longer change what is predicted.
_RELATIVE_TOLERANCE = 3e-4
# A direction with less variance than this share of the largest is rounding.
_SMALLEST_VARIANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights for features whose mean was subtracted, from which another fit can start."""

    weights: Float32Array  #: (dimension, tags)
    bias: Float64Array  #: (tags,)


def prepare(features: Float32Array, labels: BoolArray, kind: HeadKind) -> TrainingSet:
    """The images with the directions in which they vary."""
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    # Every so-manieth row: the rows may be sorted by tag.
    sample = features[:: -(-len(features) // _SAMPLE_ROWS)] - mean
    axes, variances = _principal_axes(sample)
    shares = labels.mean(axis=0)
    curvature = float((shares * (1 - shares)).mean())
    return TrainingSet(features, labels, kind, mean, axes, variances, curvature)


def solve(
    data: TrainingSet,
    precision: float,
    *,
    start: Solution | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Solution:
    """The most probable weights, each normal with that precision (1 / variance) beforehand.

    start: where to begin, say the solution for another precision; zeros if None.
    """
    penalty = precision / len(data.features)
    directions, tags = data.axes.shape[1], data.labels.shape[1]
    # Embeddings vary a thousand times more in some directions than in others. Each scaled by its
    # curvature, L-BFGS needs a fifth of the iterations.
    scale = 1 / np.sqrt(data.curvature * data.variances + penalty)[:, np.newaxis]
    evaluations = 0

    def evaluate(flat: Float64Array) -> tuple[float, Float64Array]:
        nonlocal evaluations
        on_progress(evaluations / _MOST_ITERATIONS)
        evaluations += 1
        parameters = flat.reshape(directions + 1, tags)
        along_axes = scale * parameters[:-1]
        weights = data.axes @ along_axes.astype(np.float32)
        loss, by_weights, by_bias = loss_and_gradient(data, weights, parameters[-1])
        by_axes = data.axes.T @ by_weights + penalty * along_axes
        loss += 0.5 * penalty * float((along_axes**2).sum())
        return loss, np.vstack([scale * by_axes, by_bias]).ravel()

    begin = np.zeros((directions + 1, tags))
    if start is not None:
        begin = np.vstack([data.axes.T @ start.weights / scale, start.bias])
    options = {"maxiter": _MOST_ITERATIONS, "ftol": _RELATIVE_TOLERANCE, "gtol": 1e-7}
    result = minimize(evaluate, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
    parameters = result.x.reshape(directions + 1, tags)
    on_progress(1.0)
    weights = data.axes @ (scale * parameters[:-1]).astype(np.float32)
    return Solution(weights, parameters[-1].copy())


def to_head(data: TrainingSet, solution: Solution, temperature: float) -> Head:
    """The head for features as they are, their mean put into the bias."""
    bias = solution.bias - data.mean @ solution.weights
    return Head(data.kind, solution.weights, bias.astype(np.float32), temperature)


def _principal_axes(sample: Float32Array) -> tuple[Float32Array, Float64Array]:
    """The directions in which the rows vary, (dimension, directions), and their variances.

    Of fewer rows than dimensions, only those the rows span: the weights never leave them.
    """
    rows, dimension = sample.shape
    if rows > dimension:
        variances, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64) / rows)
        return axes.astype(np.float32), np.maximum(variances, 0)
    variances, mixtures = np.linalg.eigh((sample @ sample.T).astype(np.float64) / rows)
    is_real = variances > _SMALLEST_VARIANCE * max(variances[-1], np.finfo(np.float64).tiny)
    axes = sample.T.astype(np.float64) @ mixtures[:, is_real]
    axes /= np.sqrt(rows * variances[is_real])
    return axes.astype(np.float32), variances[is_real]
