"""Fits a head to features by L-BFGS. Import this only to train: scipy takes long to import.

Bit-identical results need the same number of BLAS threads; one is fastest for these shapes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.head import Head, HeadKind
from classifr.engine.objective import TrainingSet, loss_and_gradient
from classifr.engine.progress import OnProgress, ignore_progress

_COVARIANCE_ROWS = 8192
_MOST_ITERATIONS = 60
# Of the loss from one iteration to the next. Smaller steps no longer change what is predicted.
_RELATIVE_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights for features whose mean was subtracted, from which another fit can start."""

    weights: Float64Array  #: (dimension, tags)
    bias: Float64Array  #: (tags,)


def prepare(features: Float32Array, labels: BoolArray, kind: HeadKind) -> TrainingSet:
    """The images with their mean and covariance."""
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    # Every so-manieth row: the rows may be sorted by tag.
    sample = features[:: -(-len(features) // _COVARIANCE_ROWS)] - mean
    covariance = (sample.T @ sample).astype(np.float64) / len(sample)
    shares = labels.mean(axis=0)
    curvature = float((shares * (1 - shares)).mean())
    return TrainingSet(features, labels, kind, mean, covariance, curvature)


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
    dimension, tags = data.features.shape[1], data.labels.shape[1]
    # With the Hessian A A^T at the start, L-BFGS in A^T w needs a fifth of the iterations that it
    # needs in w: embeddings vary a thousand times more in some directions than in others.
    hessian = data.curvature * data.covariance + penalty * np.eye(dimension)
    factor = cholesky(hessian, lower=True, overwrite_a=True, check_finite=False)
    evaluations = 0

    def evaluate(flat: Float64Array) -> tuple[float, Float64Array]:
        nonlocal evaluations
        on_progress(evaluations / _MOST_ITERATIONS)
        evaluations += 1
        parameters = flat.reshape(dimension + 1, tags)
        weights = _solve(factor, parameters[:-1], is_transposed=True)
        loss, by_weights, by_bias = loss_and_gradient(data, weights, parameters[-1], penalty)
        return loss, np.vstack([_solve(factor, by_weights), by_bias]).ravel()

    begin = np.zeros((dimension + 1, tags))
    if start is not None:
        begin = np.vstack([factor.T @ start.weights, start.bias])
    options = {"maxiter": _MOST_ITERATIONS, "ftol": _RELATIVE_TOLERANCE, "gtol": 1e-7}
    result = minimize(evaluate, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
    parameters = result.x.reshape(dimension + 1, tags)
    on_progress(1.0)
    return Solution(_solve(factor, parameters[:-1], is_transposed=True), parameters[-1].copy())


def to_head(data: TrainingSet, solution: Solution, temperature: float) -> Head:
    """The head for features as they are, their mean put into the bias."""
    bias = solution.bias - data.mean @ solution.weights
    return Head(
        data.kind, solution.weights.astype(np.float32), bias.astype(np.float32), temperature
    )


def _solve(
    factor: Float64Array, right: Float64Array, *, is_transposed: bool = False
) -> Float64Array:
    solution: Float64Array = solve_triangular(
        factor, right, lower=True, trans=int(is_transposed), check_finite=False
    )
    return solution
