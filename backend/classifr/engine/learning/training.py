"""From embeddings and labels to a model that serves, and one that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float32Array, Float64Array, Int64Array
from classifr.engine.learning.fitting import Solution, prepare, solve, to_head
from classifr.engine.learning.head import Head, HeadKind, head_logits, probabilities
from classifr.engine.learning.novelty import Novelty, fit_novelty
from classifr.engine.learning.progress import OnProgress, ignore_progress, part_of
from classifr.engine.learning.regularisation import (
    Regularisation,
    choose_regularisation,
    find_temperature,
)
from classifr.engine.learning.split import is_held_out
from classifr.engine.learning.stacking import StackedViews

# Of the time.
_REFIT = 0.97
# Of more than ten thousand: 2,000 images tell a temperature to 2 %.
_SPARED_ROWS = 2000


class TooFewImages(Exception):
    """Training needs an image that is not held out, and multiclass at least two tags."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What training gives. Images are named by their row in what was given."""

    evaluation_head: Head  #: Fitted without the held-out images: what is reported is its.
    serving_head: Head  #: Fitted on all images with the same regularisation.
    novelty: Novelty  #: From all images, in their plain view.
    regularisation: Regularisation
    held_out: Int64Array  #: (n_held_out,), ascending rows.
    held_out_probabilities: Float64Array  #: (n_held_out, tags), by the evaluation head.


def train_model(
    embeddings: Float32Array,
    labels: BoolArray,
    sha256s: Sequence[str],
    kind: HeadKind,
    *,
    more_views: Sequence[Float32Array] = (),
    seed: int = 0,
    on_progress: OnProgress = ignore_progress,
) -> TrainedModel:
    """Fit, calibrate, evaluate, and fit again on everything.

    embeddings: (n, dimension) float32, as the backbone gives them; labels: (n, tags) bool;
    sha256s: of the n images, each once. The order of the images does not matter, not to a bit.
    more_views: embeddings of the same images, each (n, dimension), to be fitted on as well. What is
    chosen, calibrated and evaluated is so on the plain ones, because it is these that are answered.
    on_progress may raise to stop.
    Raises: TooFewImages.
    """
    is_held = np.array([is_held_out(sha256) for sha256 in sha256s], np.bool_)
    _check(labels, is_held, kind)
    order = np.lexsort((np.array(sha256s), is_held))
    training_count = int((~is_held).sum())
    images = StackedViews(
        embeddings,
        labels,
        order,
        training=training_count,
        sparable=_SPARED_ROWS,
        more_views=more_views,
    )
    # Shares of the time, as far as they can be told beforehand: each view makes the fits longer.
    chosen_at = 1 / (1 + images.views)
    evaluated_at = (1 + chosen_at) / 2

    chosen = choose_regularisation(
        *images.training(), kind, seed=seed, on_progress=part_of(on_progress, 0, chosen_at)
    )
    report = part_of(on_progress, chosen_at, evaluated_at)
    solution, evaluation_head = _fit_calibrated(images, kind, chosen, report)
    data = prepare(images.features, images.labels, kind)
    report = part_of(on_progress, evaluated_at, _REFIT)
    precision = chosen.precision * images.views
    solution = solve(data, precision, start=solution, on_progress=report)
    serving_head = to_head(data, solution, evaluation_head.temperature)
    novelty = fit_novelty(*images.plain())

    rows = order[training_count:]
    by_row = np.argsort(rows)
    held_out_probabilities = probabilities(evaluation_head, images.held_out())
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
    images: StackedViews, kind: HeadKind, chosen: Regularisation, on_progress: OnProgress
) -> tuple[Solution, Head]:
    """Where the temperature is still open, the last of the many images are spared to find it."""
    temperature = chosen.temperature
    data = prepare(*images.training_views(is_sparing=temperature is None), kind)
    # Against so many more rows: to the weights, the views of an image count as one image.
    precision = chosen.precision * images.views
    solution = solve(data, precision, on_progress=on_progress)
    if temperature is None:
        features, labels = images.spared()
        logits = head_logits(to_head(data, solution, 1.0), features)
        temperature, _ = find_temperature(logits, labels, kind)
    return solution, to_head(data, solution, temperature)


def _check(labels: BoolArray, is_held: BoolArray, kind: HeadKind) -> None:
    if is_held.all():
        raise TooFewImages("every image is held out for evaluation; add more")
    if kind is HeadKind.MULTICLASS and labels.shape[1] < 2:
        raise TooFewImages("one tag cannot be told from another; add a second")
    if kind is HeadKind.MULTICLASS and not labels.any(axis=1).all():
        raise ValueError("multiclass: each image carries a tag")
