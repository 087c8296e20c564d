"""From embeddings and labels to a model that serves, and one that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifr.engine.features import to_features
from classifr.engine.fitting import Solution, prepare, solve, to_head
from classifr.engine.functional import BoolArray, Float32Array, Float64Array, Int64Array
from classifr.engine.head import Head, HeadKind, head_logits, probabilities
from classifr.engine.novelty import Novelty, fit_novelty
from classifr.engine.progress import OnProgress, ignore_progress, part_of
from classifr.engine.regularisation import Regularisation, choose_regularisation, find_temperature
from classifr.engine.split import is_held_out

# Shares of the time, as far as they can be told beforehand.
_CHOSEN, _EVALUATED, _REFIT = 0.5, 0.75, 0.97
_ROWS = 4096
# Of more than ten thousand: 2,000 images tell a temperature to 2 %.
_SPARED_ROWS = 2000


class TooFewImages(Exception):
    """Training needs an image that is not held out, and multiclass at least two tags."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What training gives. Images are named by their row in what was given."""

    evaluation_head: Head  #: Fitted without the held-out images: what is reported is its.
    serving_head: Head  #: Fitted on all images with the same regularisation.
    novelty: Novelty  #: From all images.
    regularisation: Regularisation
    held_out: Int64Array  #: (n_held_out,), ascending rows.
    held_out_probabilities: Float64Array  #: (n_held_out, tags), by the evaluation head.


def train_model(
    embeddings: Float32Array,
    labels: BoolArray,
    sha256s: Sequence[str],
    kind: HeadKind,
    *,
    seed: int = 0,
    on_progress: OnProgress = ignore_progress,
) -> TrainedModel:
    """Fit, calibrate, evaluate, and fit again on everything.

    embeddings: (n, dimension) float32, as the backbone gives them; labels: (n, tags) bool;
    sha256s: of the n images, each once. The order of the images does not matter, not to a bit.
    on_progress may raise to stop.
    Raises: TooFewImages.
    """
    is_held = np.array([is_held_out(sha256) for sha256 in sha256s], np.bool_)
    _check(labels, is_held, kind)
    # Training images come first, so that they are a view of the features instead of a copy.
    order = np.lexsort((np.array(sha256s), is_held))
    training_count = int((~is_held).sum())
    features, labels = _features_in_order(embeddings, order), labels[order]
    training = features[:training_count], labels[:training_count]

    chosen = choose_regularisation(
        *training, kind, seed=seed, on_progress=part_of(on_progress, 0, _CHOSEN)
    )
    report = part_of(on_progress, _CHOSEN, _EVALUATED)
    solution, evaluation_head = _fit_calibrated(*training, kind, chosen, report)
    data = prepare(features, labels, kind)
    report = part_of(on_progress, _EVALUATED, _REFIT)
    solution = solve(data, chosen.precision, start=solution, on_progress=report)
    serving_head = to_head(data, solution, evaluation_head.temperature)
    novelty = fit_novelty(features, labels)

    rows = order[training_count:]
    by_row = np.argsort(rows)
    held_out_probabilities = probabilities(evaluation_head, features[training_count:])
    on_progress(1.0)
    return TrainedModel(
        evaluation_head=evaluation_head,
        serving_head=serving_head,
        novelty=novelty,
        regularisation=chosen,
        held_out=rows[by_row],
        held_out_probabilities=held_out_probabilities[by_row],
    )


def _fit_calibrated(
    features: Float32Array,
    labels: BoolArray,
    kind: HeadKind,
    chosen: Regularisation,
    on_progress: OnProgress,
) -> tuple[Solution, Head]:
    """Where the temperature is still open, the last of the many images are spared to find it."""
    fitted = len(labels) - (_SPARED_ROWS if chosen.temperature is None else 0)
    data = prepare(features[:fitted], labels[:fitted], kind)
    solution = solve(data, chosen.precision, on_progress=on_progress)
    temperature = chosen.temperature
    if temperature is None:
        logits = head_logits(to_head(data, solution, 1.0), features[fitted:])
        temperature, _ = find_temperature(logits, labels[fitted:], kind)
    return solution, to_head(data, solution, temperature)


def _features_in_order(embeddings: Float32Array, order: Int64Array) -> Float32Array:
    """Some at a time: beside what was given, only the result is in memory."""
    features = np.empty(embeddings.shape, np.float32)
    for start in range(0, len(order), _ROWS):
        features[start : start + _ROWS] = to_features(embeddings[order[start : start + _ROWS]])
    return features


def _check(labels: BoolArray, is_held: BoolArray, kind: HeadKind) -> None:
    if is_held.all():
        raise TooFewImages("every image is held out for evaluation; add more")
    if kind is HeadKind.MULTICLASS and labels.shape[1] < 2:
        raise TooFewImages("one tag cannot be told from another; add a second")
    if kind is HeadKind.MULTICLASS and (labels.sum(axis=1) != 1).any():
        raise ValueError("multiclass: each image carries exactly one tag")
