"""How strongly to hold the weights back, and how sure to be: what other images say is best."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from classifr.engine.functional import BoolArray, Float32Array, Int64Array
from classifr.engine.learning.fitting import Solution, prepare, solve, to_head
from classifr.engine.learning.head import HeadKind, head_logits
from classifr.engine.learning.objective import TrainingSet, log_loss
from classifr.engine.learning.progress import OnProgress, ignore_progress, part_of

#: From strong to weak: each solution is a good start for the next.
PRECISIONS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
# Weaker ones are not tried once so many in a row did no better.
_PATIENCE = 2
_FOLDS = 5
# Folds times images of one cross-validation: beyond it fewer folds are used, then fewer images.
_MOST_ROWS = 10_000
# A logarithm of the temperature this far from 0 costs as much as half a unit of log likelihood.
_TEMPERATURE_SPREAD = 0.5


@dataclass(frozen=True)
class Regularisation:
    """What `choose_regularisation` chose."""

    precision: float  #: Of each weight beforehand, 1 / variance; independent of how many images.
    temperature: float | None  #: Logits are to be divided by it; None: find it on the whole fit.
    loss: float  #: Mean log loss of images that the fit did not see; NaN if there were none.


@dataclass(eq=False)
class _Fold:
    """Images to fit on, others to try on, and the latest solution."""

    data: TrainingSet
    unseen: Float32Array
    unseen_labels: BoolArray
    solution: Solution | None = None

    def logits(self, precision: float, on_progress: OnProgress) -> Float32Array:
        self.solution = solve(self.data, precision, start=self.solution, on_progress=on_progress)
        return head_logits(to_head(self.data, self.solution, 1.0), self.unseen)


def choose_regularisation(
    features: Float32Array,
    labels: BoolArray,
    kind: HeadKind,
    *,
    seed: int,
    on_progress: OnProgress = ignore_progress,
) -> Regularisation:
    """The likeliest precision and temperature together, by five-fold cross-validation.

    Of many images, a sample and fewer folds. The precision that suits some suits more; but the
    temperature depends on how many there are, so then it is left open.
    features: (n, dimension) float32; labels: (n, tags) bool.
    """
    is_sample = len(labels) > _MOST_ROWS
    folds = _make_folds(features, labels, kind, seed)
    if not folds:  # A single image.
        return Regularisation(1.0, 1.0, float("nan"))
    unseen_labels = np.concatenate([fold.unseen_labels for fold in folds])
    choices: list[Regularisation] = []
    for index, precision in enumerate(PRECISIONS):
        logits = np.concatenate(
            [
                fold.logits(precision, _part(on_progress, index, number, len(folds)))
                for number, fold in enumerate(folds)
            ]
        )
        if is_sample:
            loss = log_loss(logits, unseen_labels, kind) / len(logits)
            choices.append(Regularisation(precision, None, loss))
        else:
            temperature, loss = find_temperature(logits, unseen_labels, kind)
            choices.append(Regularisation(precision, temperature, loss))
        best = min(choices, key=lambda choice: choice.loss)
        if len(choices) - choices.index(best) > _PATIENCE:
            break
    return best


def stratified_folds(labels: BoolArray, seed: int) -> Int64Array:
    """A fold from 0 to 4 for each of n images, every set of tags spread over all of them."""
    order = np.random.default_rng(seed).permutation(len(labels))
    # lexsort is stable: within one set of tags the random order stays.
    order = order[np.lexsort(labels[order].T)]
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % _FOLDS
    return folds


def find_temperature(
    logits: Float32Array, labels: BoolArray, kind: HeadKind
) -> tuple[float, float]:
    """The likeliest temperature, drawn towards 1 where few images speak, and the mean loss.

    logits: (n, tags) float32, of images that the fit did not see.
    """

    def loss(log_temperature: float) -> float:
        drawn = 0.5 * (log_temperature / _TEMPERATURE_SPREAD) ** 2
        return log_loss(logits / np.float32(np.exp(log_temperature)), labels, kind) + drawn

    result = minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(result.x)), float(result.fun) / len(labels)


def _make_folds(
    features: Float32Array, labels: BoolArray, kind: HeadKind, seed: int
) -> list[_Fold]:
    if len(labels) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(labels), _MOST_ROWS, replace=False)
        chosen.sort()
        features, labels = features[chosen], labels[chosen]
    folds = stratified_folds(labels, seed)
    used = max(1, min(_FOLDS, _MOST_ROWS // len(labels)))
    masks = [folds == fold for fold in range(used)]
    return [
        _Fold(
            data=prepare(features[~is_unseen], labels[~is_unseen], kind),
            unseen=features[is_unseen],
            unseen_labels=labels[is_unseen],
        )
        for is_unseen in masks
        if is_unseen.any() and not is_unseen.all()
    ]


def _part(on_progress: OnProgress, index: int, number: int, folds: int) -> OnProgress:
    step = index * folds + number
    steps = len(PRECISIONS) * folds
    return part_of(on_progress, step / steps, (step + 1) / steps)
