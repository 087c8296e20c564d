"""The held-out images of an iteration, what it said of them, and what follows from that."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.calibration import ReliabilityBin, calibration_error, reliability
from classifr.engine.measures.metrics import average_precisions, top1
from classifr.kinds import ClassificationType


@dataclass(frozen=True, eq=False)
class Judgement:
    """What reports are made of, whatever their threshold."""

    image_ids: Sequence[UUID]
    labels: BoolArray  #: (images, tags)
    probabilities: Float64Array  #: (images, tags)
    kind: HeadKind  #: Whether an image carries exactly one tag.
    averages: list[float | None]  #: Average precision of each tag.
    top1: float | None
    calibration_error: float | None
    reliability: list[ReliabilityBin]

    @property
    def size_bytes(self) -> int:
        """About what its arrays take in memory."""
        return self.labels.nbytes + self.probabilities.nbytes


def head_kind(kind: ClassificationType) -> HeadKind:
    """What the engine calls a project's type."""
    if kind == ClassificationType.MULTICLASS:
        return HeadKind.MULTICLASS
    return HeadKind.MULTILABEL


def judge(
    image_ids: Sequence[UUID], labels: BoolArray, probabilities: Float64Array, kind: HeadKind
) -> Judgement:
    """labels, probabilities: (images, tags), the columns in the order of the iteration's tags."""
    return Judgement(
        image_ids=image_ids,
        labels=labels,
        probabilities=probabilities,
        kind=kind,
        averages=average_precisions(probabilities, labels),
        top1=top1(probabilities, labels),
        calibration_error=calibration_error(probabilities, labels),
        reliability=reliability(probabilities, labels),
    )
