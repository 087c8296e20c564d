"""Answers for labelled images, scored by the engine's own metrics."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifr.cli.client.api import Json
from classifr.cli.datasets.labelled import LabelledImage, tidy_tag
from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.calibration import calibration_error, reliability
from classifr.engine.measures.comparison import Comparison, Contender, compare_models
from classifr.engine.measures.comparison_sentence import comparison_sentence
from classifr.engine.measures.confusion import confusion_matrix, worst_images
from classifr.engine.measures.metrics import TagMetrics, evaluate, top1

MOST_MISTAKES = 48


@dataclass(frozen=True)
class Answered:
    """One image, what it shows, and each tag's probability by one iteration."""

    image: LabelledImage
    probabilities: dict[str, float]


@dataclass(frozen=True, eq=False)
class Scored:
    """An iteration's answers for a labelled data set."""

    images: list[LabelledImage]
    tags: tuple[str, ...]
    labels: BoolArray  #: (n, tags)
    probabilities: Float64Array  #: (n, tags)
    kind: HeadKind
    threshold: float
    unknown: Counter[str]  #: Images left out by a tag that the iteration does not know.


def score(
    answers: Sequence[Answered], tags: Sequence[str], *, is_multilabel: bool, threshold: float
) -> Scored:
    """tags: of the iteration, in its order. An image that shows none of them is left out."""
    columns = {tidy_tag(tag): column for column, tag in enumerate(tags)}
    unknown: Counter[str] = Counter()
    kept: list[Answered] = []
    for answer in answers:
        strangers = [tag for tag in answer.image.tags if tag not in columns]
        unknown.update(strangers)
        if not strangers:
            kept.append(answer)
    labels = np.zeros((len(kept), len(tags)), np.bool_)
    probabilities = np.zeros((len(kept), len(tags)), np.float64)
    for row, answer in enumerate(kept):
        labels[row, [columns[tag] for tag in answer.image.tags]] = True
        probabilities[row] = [answer.probabilities[tag] for tag in tags]
    return Scored(
        images=[answer.image for answer in kept],
        tags=tuple(tags),
        labels=labels,
        probabilities=probabilities,
        kind=HeadKind.MULTILABEL if is_multilabel else HeadKind.MULTICLASS,
        threshold=threshold,
        unknown=unknown,
    )


def report(scored: Scored) -> Json:
    """All the numbers, shaped like the API's report of an iteration."""
    metrics = evaluate(scored.probabilities, scored.labels, scored.kind, scored.threshold)
    is_multiclass = scored.kind is HeadKind.MULTICLASS
    return {
        "threshold": scored.threshold,
        "image_count": len(scored.images),
        "top1": top1(scored.probabilities, scored.labels),
        "calibration_error": calibration_error(scored.probabilities, scored.labels),
        "overall": _numbers(metrics.overall),
        "per_tag": [
            {"name": name, **_numbers(tag)}
            for name, tag in zip(scored.tags, metrics.per_tag, strict=True)
        ],
        "confusion": _confusion(scored) if is_multiclass else None,
        "calibration": [
            {
                "low": one.low,
                "high": one.high,
                "count": one.images,
                "confidence": one.confidence,
                "accuracy": one.accuracy,
            }
            for one in reliability(scored.probabilities, scored.labels)
        ],
        "mistakes": _mistakes(scored),
        "unknown_tags": dict(sorted(scored.unknown.items())),
    }


def compare(candidate: Scored, reference: Scored) -> Json:
    """Whether the candidate is better, on the images whose tags it knows."""
    by_path = {image.path: row for row, image in enumerate(reference.images)}
    common = [
        (row, by_path[image.path])
        for row, image in enumerate(candidate.images)
        if image.path in by_path
    ]
    ours, theirs = [row for row, _ in common], [row for _, row in common]
    found = compare_models(
        Contender(candidate.tags, candidate.probabilities[ours]),
        Contender(reference.tags, reference.probabilities[theirs]),
        candidate.tags,
        candidate.labels[ours],
        candidate.kind,
        threshold=candidate.threshold,
    )
    return _comparison(found)


def _comparison(found: Comparison) -> Json:
    return {
        "sentence": comparison_sentence(found),
        "verdict": found.verdict,
        "image_count": found.images,
        "overall": {"difference": found.difference, "low": found.low, "high": found.high},
        "per_tag": [
            {
                "name": tag.tag,
                "images": tag.images,
                "before": tag.reference_recall,
                "after": tag.candidate_recall,
                "difference": tag.difference,
            }
            for tag in found.per_tag
        ],
        "new_tags": list(found.new_tags),
        "lost_tags": list(found.lost_tags),
    }


def _numbers(metrics: TagMetrics) -> Json:
    return {
        "images": metrics.images,
        "predicted": metrics.predicted,
        "true_positives": metrics.true_positives,
        "precision": metrics.precision,
        "recall": metrics.recall,
        "average_precision": metrics.average_precision,
    }


def _confusion(scored: Scored) -> Json:
    matrix = confusion_matrix(scored.probabilities, scored.labels, scored.threshold)
    return {"tags": list(scored.tags), "counts": matrix.tolist()}


def _mistakes(scored: Scored) -> list[Json]:
    """The images that are wrong, the surest first."""
    rows = worst_images(scored.probabilities, scored.labels, MOST_MISTAKES).tolist()
    top = scored.probabilities.argmax(axis=1) if len(scored.images) else []
    return [
        {
            "file": str(scored.images[row].path),
            "actual": list(scored.images[row].tags),
            "predicted": scored.tags[int(top[row])],
            "probability": float(scored.probabilities[row, top[row]]),
        }
        for row in rows
    ]
