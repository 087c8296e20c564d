"""Reports out of judgements: pure functions, to be called in a thread."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import numpy as np

from classifr.engine.functional import Int64Array
from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.confusion import confusion_matrix, worst_images
from classifr.engine.measures.curves import precision_recall_curve
from classifr.engine.measures.metrics import evaluate, predicted_tags
from classifr.errors import TagNotFound
from classifr.vision.judging.judgement import Judgement
from classifr.vision.reports import (
    MOST_CELL_IMAGES,
    CellImages,
    Confusion,
    Curve,
    CurvePoint,
    JudgedImage,
    Reliability,
    Report,
    Scores,
    TagScores,
)
from classifr.vision.values import ImageTagValue, IterationTagValue

_MOST_MISTAKES = 50
# Enough for a line on a screen; more would weigh megabytes with a hundred tags.
_CURVE_POINTS = 100


def make_report(
    judgement: Judgement,
    tags: Sequence[IterationTagValue],
    *,
    threshold: float,
    with_curves: bool,
) -> Report:
    """tags: the iteration's, in the order of the outputs. No image is marked as deleted."""
    metrics = evaluate(
        judgement.probabilities,
        judgement.labels,
        judgement.kind,
        threshold,
        averages=judgement.averages,
    )
    return Report(
        threshold=threshold,
        image_count=len(judgement.image_ids),
        top1=judgement.top1,
        calibration_error=judgement.calibration_error,
        overall=Scores(**asdict(metrics.overall)),
        per_tag=[
            TagScores(**asdict(scores), id=tag.id, name=tag.name, type=tag.type)
            for tag, scores in zip(tags, metrics.per_tag, strict=True)
        ],
        confusion=_confusion(judgement, tags, threshold),
        calibration=[
            Reliability(band.low, band.high, band.images, band.confidence, band.accuracy)
            for band in judgement.reliability
        ],
        mistakes=_mistakes(judgement, tags),
        curves=_curves(judgement, tags) if with_curves else None,
    )


def find_cell(
    judgement: Judgement,
    tags: Sequence[IterationTagValue],
    *,
    actual: UUID | None,
    predicted: UUID | None,
    threshold: float,
) -> CellImages:
    """The images of a cell: they carry `actual` and are said to show `predicted`.

    Where images carry several tags, only those count that are wrong about one of the two.
    Raises: TagNotFound.
    """
    said = predicted_tags(judgement.probabilities, judgement.kind, threshold)
    row, column = _column(tags, actual), _column(tags, predicted)
    is_in = np.ones(len(said), np.bool_)
    if row is not None:
        is_in &= judgement.labels[:, row]
        if predicted is None:
            is_in &= ~said[:, row] if judgement.kind is HeadKind.MULTILABEL else ~said.any(axis=1)
    if column is not None:
        is_in &= said[:, column]
        if column != row:
            is_in &= ~judgement.labels[:, column]
    if row is None and column is None:
        is_in &= ~judgement.labels.any(axis=1) & ~said.any(axis=1)
    asked = column if column is not None else row
    probabilities = judgement.probabilities
    scores = probabilities.max(axis=1) if asked is None else probabilities[:, asked]
    found = np.flatnonzero(is_in)
    found = found[np.argsort(-scores[found], kind="stable")]
    return CellImages(
        count=len(found),
        images=_judged_images(judgement, tags, found[:MOST_CELL_IMAGES], said_column=column),
    )


def _confusion(
    judgement: Judgement, tags: Sequence[IterationTagValue], threshold: float
) -> Confusion | None:
    if judgement.kind is not HeadKind.MULTICLASS:
        return None
    counts = confusion_matrix(judgement.probabilities, judgement.labels, threshold)
    return Confusion([ImageTagValue(tag.id, tag.name) for tag in tags], counts.tolist())


def _mistakes(judgement: Judgement, tags: Sequence[IterationTagValue]) -> list[JudgedImage]:
    worst = worst_images(judgement.probabilities, judgement.labels, _MOST_MISTAKES)
    return [
        image
        for row in worst
        for image in _judged_images(
            judgement,
            tags,
            np.array([row]),
            said_column=int(judgement.probabilities[row].argmax()),
        )
    ]


def _judged_images(
    judgement: Judgement,
    tags: Sequence[IterationTagValue],
    rows: Int64Array,
    *,
    said_column: int | None,
) -> list[JudgedImage]:
    """The images of these rows, all said to show one tag or none."""
    names = [ImageTagValue(tag.id, tag.name) for tag in tags]
    images = []
    for row in rows.tolist():
        actual = [names[column] for column in np.flatnonzero(judgement.labels[row]).tolist()]
        column = int(judgement.probabilities[row].argmax()) if said_column is None else said_column
        images.append(
            JudgedImage(
                image_id=judgement.image_ids[row],
                is_deleted=False,
                actual=actual[0] if actual else None,
                actual_tags=actual,
                predicted=None if said_column is None else names[said_column],
                probability=float(judgement.probabilities[row, column]),
            )
        )
    return images


def _curves(judgement: Judgement, tags: Sequence[IterationTagValue]) -> list[Curve]:
    return [
        Curve(
            tag.id,
            [
                CurvePoint(point.threshold, point.precision, point.recall)
                for point in precision_recall_curve(
                    judgement.probabilities[:, column],
                    judgement.labels[:, column],
                    most_points=_CURVE_POINTS,
                )
            ],
        )
        for column, tag in enumerate(tags)
    ]


def _column(tags: Sequence[IterationTagValue], tag_id: UUID | None) -> int | None:
    """Where the tag is among the outputs; None for no tag. Raises: TagNotFound."""
    if tag_id is None:
        return None
    for column, tag in enumerate(tags):
        if tag.id == tag_id:
            return column
    raise TagNotFound("This iteration has no such tag.")
