"""Precision, recall and average precision, overall and per tag, as Custom Vision means them.

A tag is predicted when its probability is at least the threshold; for multiclass, only the most
probable tag of an image can be. What is undefined is None: precision without predictions,
recall and average precision without images of the tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.learning.head import HeadKind


@dataclass(frozen=True)
class TagMetrics:
    """How one tag, or all together, fare at a threshold."""

    true_positives: int
    predicted: int  #: Predictions of the tag, right or wrong.
    images: int  #: That carry the tag; overall: tags that images carry.
    precision: float | None  #: true_positives / predicted.
    recall: float | None  #: true_positives / images.
    average_precision: float | None  #: Does not depend on the threshold.


@dataclass(frozen=True)
class Metrics:
    """Overall: precision and recall over all predictions together (micro)."""

    overall: TagMetrics  #: Its average precision is the mean over the tags that have images.
    per_tag: tuple[TagMetrics, ...]


def evaluate(
    probabilities: Float64Array,
    labels: BoolArray,
    kind: HeadKind,
    threshold: float,
    *,
    averages: Sequence[float | None] | None = None,
) -> Metrics:
    """probabilities: (n, tags) float64; labels: (n, tags) bool; threshold in [0, 1].

    averages: what `average_precisions` gave, where another threshold was asked for before.
    """
    predicted = predicted_tags(probabilities, kind, threshold)
    hits = (predicted & labels).sum(axis=0).tolist()
    predictions = predicted.sum(axis=0).tolist()
    images = labels.sum(axis=0).tolist()
    if averages is None:
        averages = average_precisions(probabilities, labels)
    defined = [average for average in averages if average is not None]
    return Metrics(
        overall=_tag_metrics(
            sum(hits),
            sum(predictions),
            sum(images),
            float(np.mean(defined)) if defined else None,
        ),
        per_tag=tuple(map(_tag_metrics, hits, predictions, images, averages)),
    )


def predicted_tags(probabilities: Float64Array, kind: HeadKind, threshold: float) -> BoolArray:
    """(n, tags) bool; of equally probable tags the first counts as the most probable."""
    is_above = probabilities >= threshold
    if kind is HeadKind.MULTILABEL:
        return is_above
    is_top = np.zeros_like(is_above)
    if len(probabilities):
        is_top[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
    return is_above & is_top


def average_precisions(probabilities: Float64Array, labels: BoolArray) -> list[float | None]:
    """`average_precision` of each tag. (n, tags) float64 and bool."""
    return [
        average_precision(probabilities[:, tag], labels[:, tag]) for tag in range(labels.shape[1])
    ]


def average_precision(scores: Float64Array, is_positive: BoolArray) -> float | None:
    """Area under the precision-recall curve of one tag, in [0, 1]; None without positives.

    scores: (n,) float64, higher means more likely; equal ones count at once.
    Source: Manning, Raghavan & Schütze (2008), section 8.4, non-interpolated.
    """
    positives = int(is_positive.sum())
    if positives == 0:
        return None
    hits, predicted, _ = cumulative_hits(scores, is_positive)
    steps = np.diff(hits, prepend=0)
    return float((steps * (hits / predicted)).sum() / positives)


def cumulative_hits(
    scores: Float64Array, is_positive: BoolArray
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """For each different score, highest first: true positives, predictions, and the score."""
    # Not a stable sort, which takes five times as long: equal scores end up in one entry anyway.
    order = np.argsort(-scores)
    ordered = scores[order]
    # The last of each row of equal scores.
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(is_positive[order], dtype=np.float64)[ends]
    return hits, (ends + 1).astype(np.float64), ordered[ends]


def top1(probabilities: Float64Array, labels: BoolArray) -> float | None:
    """Share of images whose most probable tag is one of theirs; None without images."""
    if len(probabilities) == 0:
        return None
    return float(is_top_right(probabilities, labels).mean())


def is_top_right(probabilities: Float64Array, labels: BoolArray) -> BoolArray:
    """(n,) bool: whether the most probable tag is one of the image's."""
    is_right: BoolArray = labels[np.arange(len(labels)), probabilities.argmax(axis=1)]
    return is_right


def _tag_metrics(hits: int, predictions: int, images: int, average: float | None) -> TagMetrics:
    return TagMetrics(
        true_positives=hits,
        predicted=predictions,
        images=images,
        precision=hits / predictions if predictions else None,
        recall=hits / images if images else None,
        average_precision=average,
    )
