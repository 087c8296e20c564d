"""Fits a head to features by L-BFGS. Import this only to train: scipy takes long to import.

Bit-identical results need the same number of BLAS threads; one is fastest for these shapes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.learning.head import Head, HeadKind
from classifr.engine.learning.objective import TrainingSet, loss_and_gradient
from classifr.engine.learning.progress import OnProgress, ignore_progress

_SAMPLE_ROWS = 4096
_MOST_ITERATIONS = 60
# Of the loss from one iteration to the next. Smaller steps no longer change what is predicted;
# of many images, which hold the weights more firmly, five times as large ones do not either.
_RELATIVE_TOLERANCE = 3e-5
_MANY_IMAGES = 10_000
_LARGEST_FACTOR = 5
# In the axes, variation between tags counts this much of what it is: enough to span it.
_BETWEEN_TAGS = np.float32(0.3)
# How much of the restraint is the same for every direction, against 1 for what images of one tag
# tell; more where there are fewer images than dimensions.
_EVEN_SHARE = 5.0
# A direction with less variance than this share of the largest is rounding.
_SMALLEST_VARIANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights for features whose mean was subtracted, from which another fit can start."""

    weights: Float32Array  #: (dimension, tags)
    bias: Float64Array  #: (tags,)


def prepare(features: Float32Array, labels: BoolArray, kind: HeadKind) -> TrainingSet:
    """The images with the directions in which those of one tag vary."""
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    # Every so-manieth row: the rows may be sorted by tag.
    step = -(-len(features) // _SAMPLE_ROWS)
    sample = features[::step] - mean
    explained = _explained_by_tags(sample, labels[::step])
    unexplained = sample - explained
    axes = _principal_axes(unexplained + _BETWEEN_TAGS * explained)
    shares = labels.mean(axis=0)
    return TrainingSet(
        features,
        labels,
        kind,
        mean,
        axes,
        variances=_variances(sample @ axes),
        restraint=_restraint(_variances(unexplained @ axes), features.shape),
        curvature=float((shares * (1 - shares)).mean()),
    )


def solve(
    data: TrainingSet,
    precision: float,
    *,
    start: Solution | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Solution:
    """The most probable weights, normal with that precision (1 / variance) beforehand.

    The precision is that of the average direction; `restraint` shares it out.
    start: where to begin, say the solution for another precision; zeros if None.
    """
    penalty = precision / len(data.features) * data.restraint[:, np.newaxis]
    directions, tags = data.axes.shape[1], data.labels.shape[1]
    # Embeddings vary a thousand times more in some directions than in others. Each scaled by its
    # curvature, L-BFGS needs a fifth of the iterations.
    scale = 1 / np.sqrt(data.curvature * data.variances[:, np.newaxis] + penalty)
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
        loss += 0.5 * float((penalty * along_axes**2).sum())
        return loss, np.vstack([scale * by_axes, by_bias]).ravel()

    begin = np.zeros((directions + 1, tags))
    if start is not None:
        begin = np.vstack([data.axes.T @ start.weights / scale, start.bias])
    options = {"maxiter": _MOST_ITERATIONS, "ftol": _tolerance(len(data.features)), "gtol": 1e-7}
    result = minimize(evaluate, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
    parameters = result.x.reshape(directions + 1, tags)
    on_progress(1.0)
    weights = data.axes @ (scale * parameters[:-1]).astype(np.float32)
    return Solution(weights, parameters[-1].copy())


def to_head(data: TrainingSet, solution: Solution, temperature: float) -> Head:
    """The head for features as they are, their mean put into the bias."""
    bias = solution.bias - data.mean @ solution.weights
    return Head(data.kind, solution.weights, bias.astype(np.float32), temperature)


def _tolerance(images: int) -> float:
    return _RELATIVE_TOLERANCE * min(max(1.0, images / _MANY_IMAGES), _LARGEST_FACTOR)


def _explained_by_tags(sample: Float32Array, labels: BoolArray) -> Float32Array:
    """What a linear model of the tags says of each row: with one tag an image, the tag's mean."""
    tags = np.hstack([labels, np.ones((len(labels), 1))]).astype(np.float64)
    means = np.linalg.lstsq(tags, sample.astype(np.float64), rcond=None)[0]
    return (tags @ means).astype(np.float32)


def _restraint(unexplained: Float64Array, shape: tuple[int, ...]) -> Float64Array:
    """(directions,), about 1 on average: more where images of one tag differ more.

    A weight there answers to what the tag does not decide. The fewer the images, the less is known
    of that, and the more even the restraint. Linear discriminant analysis weighs directions alike.
    Source: Friedman (1989), Regularized Discriminant Analysis, for the mixture.
    """
    images, dimension = shape
    average = max(unexplained.sum() / dimension, np.finfo(np.float64).tiny)
    even = _EVEN_SHARE * max(1.0, dimension / images)
    restraint: Float64Array = (even + unexplained / average) / (even + 1)
    return restraint


def _variances(coordinates: Float32Array) -> Float64Array:
    """Mean square of each column."""
    variances: Float64Array = np.square(coordinates, dtype=np.float64).mean(axis=0)
    return variances


def _principal_axes(sample: Float32Array) -> Float32Array:
    """The directions in which the rows vary: (dimension, directions), columns of length one.

    Of fewer rows than dimensions, only those the rows span: the weights never leave them.
    """
    rows, dimension = sample.shape
    if rows > dimension:
        _, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64) / rows)
        return axes.astype(np.float32)
    variances, mixtures = np.linalg.eigh((sample @ sample.T).astype(np.float64) / rows)
    is_real = variances > _SMALLEST_VARIANCE * max(variances[-1], np.finfo(np.float64).tiny)
    axes = sample.T.astype(np.float64) @ mixtures[:, is_real]
    axes /= np.sqrt(rows * variances[is_real])
    spanned: Float32Array = axes.astype(np.float32)
    return spanned
