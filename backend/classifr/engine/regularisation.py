"""How strongly to hold the weights back, and how sure to be: what other images say is best."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from classifr.engine.fitting import Solution, prepare, solve, to_head
from classifr.engine.functional import BoolArray, Float32Array, Int64Array
from classifr.engine.head import HeadKind, head_logits
from classifr.engine.objective import log_loss
from classifr.engine.progress import OnProgress, ignore_progress, part_of, split_evenly

#: From strong to weak: each solution is a good start for the next.
PRECISIONS = tuple(float(10**exponent) for exponent in np.arange(1.0, -3.1, -0.5))
_FOLDS = 5
# Folds times images of one cross-validation: beyond it fewer folds are used, then fewer images.
_MOST_ROWS = 10_000
# As many standard deviations of log temperature count as one unit of log likelihood.
_TEMPERATURE_SPREAD = 0.5


@dataclass(frozen=True)
class Regularisation:
    """What `choose_regularisation` chose."""

    precision: float  #: Of each weight beforehand, 1 / variance; independent of how many images.
    temperature: float  #: Logits are to be divided by it.


@dataclass(frozen=True, eq=False)
class _Trial:
    """Logits for images that the fit did not see."""

    precision: float
    logits: Float32Array  #: (n, tags)
    labels: BoolArray  #: (n, tags)
    loss: float  #: Mean over the images.


def choose_regularisation(
    features: Float32Array,
    labels: BoolArray,
    kind: HeadKind,
    *,
    seed: int,
    on_progress: OnProgress = ignore_progress,
) -> Regularisation:
    """By cross-validated likelihood, five-fold; of many images, a sample and fewer folds.

    features: (n, dimension) float32; labels: (n, tags) bool.
    """
    folds = stratified_folds(labels, seed)
    if len(folds) > _MOST_ROWS:
        # A fold holds every tag in proportion; so does this sample of whole rounds.
        chosen = np.sort(np.random.default_rng(seed).permutation(len(folds))[:_MOST_ROWS])
        features, labels, folds = features[chosen], labels[chosen], folds[chosen]
    used = max(1, min(_FOLDS, _MOST_ROWS // len(folds)))
    per_fold = [
        _try_precisions(features, labels, kind, folds == fold, report)
        for fold, report in zip(range(used), split_evenly(on_progress, used), strict=True)
        if (folds == fold).any() and (folds != fold).any()
    ]
    if not per_fold:  # A single image.
        return Regularisation(1.0, 1.0)
    trials = [_joined(same_precision) for same_precision in zip(*per_fold, strict=True)]
    best = min(trials, key=lambda trial: trial.loss)
    return Regularisation(best.precision, _best_temperature(best, kind))


def stratified_folds(labels: BoolArray, seed: int) -> Int64Array:
    """A fold from 0 to 4 for each of n images, every set of tags spread over all of them."""
    order = np.random.default_rng(seed).permutation(len(labels))
    # lexsort is stable: within one set of tags the random order stays.
    order = order[np.lexsort(labels[order].T)]
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % _FOLDS
    return folds


def _try_precisions(
    features: Float32Array,
    labels: BoolArray,
    kind: HeadKind,
    is_left_out: BoolArray,
    on_progress: OnProgress,
) -> list[_Trial]:
    data = prepare(features[~is_left_out], labels[~is_left_out], kind)
    unseen, unseen_labels = features[is_left_out], labels[is_left_out]
    trials: list[_Trial] = []
    solution: Solution | None = None
    for index, precision in enumerate(PRECISIONS):
        share = part_of(on_progress, index / len(PRECISIONS), (index + 1) / len(PRECISIONS))
        solution = solve(data, precision, start=solution, on_progress=share)
        logits = head_logits(to_head(data, solution, 1.0), unseen)
        loss = log_loss(logits, unseen_labels, kind) / len(unseen)
        trials.append(_Trial(precision, logits, unseen_labels, loss))
    return trials


def _joined(trials: tuple[_Trial, ...]) -> _Trial:
    counts = [len(trial.labels) for trial in trials]
    return _Trial(
        precision=trials[0].precision,
        logits=np.concatenate([trial.logits for trial in trials]),
        labels=np.concatenate([trial.labels for trial in trials]),
        loss=float(np.average([trial.loss for trial in trials], weights=counts)),
    )


def _best_temperature(trial: _Trial, kind: HeadKind) -> float:
    """The likeliest, drawn towards 1 where few images speak."""

    def loss(log_temperature: float) -> float:
        drawn = 0.5 * (log_temperature / _TEMPERATURE_SPREAD) ** 2
        return log_loss(trial.logits / np.exp(log_temperature), trial.labels, kind) + drawn

    result = minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(result.x))
