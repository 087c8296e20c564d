"""Whether one model is better than another, overall and tag by tag, on images neither has seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.metrics import predicted_tags

# Standard deviations that hold 95 % of a normal distribution.
_Z_95 = 1.959963984540054


class Verdict(StrEnum):
    """What can be said of the candidate, or of one of its tags."""

    BETTER = "better"
    WORSE = "worse"
    EQUAL = "equal"  #: Of a tag: just as many images right.
    UNCLEAR = "no clear difference"  #: Overall: chance alone may have made the difference.


@dataclass(frozen=True, eq=False)
class Contender:
    """A model's answers for the images."""

    tags: Sequence[str]  #: Names or ids, as long as both contenders use the same.
    probabilities: Float64Array  #: (n, tags)


@dataclass(frozen=True)
class TagComparison:
    """How two models fare on the images of one tag."""

    tag: str
    images: int
    gained: int  #: Images the candidate has right and the reference has not.
    lost: int  #: The other way round.
    candidate_recall: float
    reference_recall: float

    @property
    def difference(self) -> float:
        """Of the recalls, candidate - reference, in points from -100 to 100."""
        return 100 * (self.gained - self.lost) / self.images

    @property
    def verdict(self) -> Verdict:
        if self.gained == self.lost:
            return Verdict.EQUAL
        return Verdict.BETTER if self.gained > self.lost else Verdict.WORSE


@dataclass(frozen=True)
class Comparison:
    """The candidate against the reference, on the tags that both know."""

    verdict: Verdict
    images: int  #: Held-out images whose tags both know.
    candidate_right: int
    reference_right: int
    difference: float  #: Of the shares of images right, in points; 0 without images.
    low: float  #: With `high`, the 95 % interval of the difference, in points.
    high: float
    per_tag: tuple[TagComparison, ...]  #: Tags that both know and that have images.
    new_tags: tuple[str, ...]  #: Only the candidate knows them.
    lost_tags: tuple[str, ...]  #: Only the reference knows them.


def compare_models(
    candidate: Contender,
    reference: Contender,
    tags: Sequence[str],
    labels: BoolArray,
    kind: HeadKind,
    *,
    threshold: float = 0.5,
) -> Comparison:
    """Both models on the same images, held out from the training of both.

    tags: of the columns of labels (n, tags) bool. Only the tags that both models know take part:
    other images are left out, and among a model's answers only theirs count, so that a model is
    not worse for knowing more. An image is right when its top tag is (multiclass), or when every
    tag is right at the threshold (multilabel).
    """
    shared = [tag for tag in tags if tag in candidate.tags and tag in reference.tags]
    columns = [list(tags).index(tag) for tag in shared]
    others = [column for column in range(len(tags)) if column not in columns]
    is_used: BoolArray = np.logical_not(labels[:, others].any(axis=1))
    if kind is HeadKind.MULTICLASS:
        is_used = is_used & labels[:, columns].any(axis=1)
    truth = labels[is_used][:, columns]
    ours = _decisions(candidate, shared, is_used, kind, threshold)
    theirs = _decisions(reference, shared, is_used, kind, threshold)
    we, they = _is_right(ours, truth, kind), _is_right(theirs, truth, kind)
    gained, lost, images = int((we & ~they).sum()), int((they & ~we).sum()), len(truth)
    low, high = paired_interval(gained, lost, images)
    return Comparison(
        verdict=_verdict(low, high),
        images=images,
        candidate_right=int(we.sum()),
        reference_right=int(they.sum()),
        difference=100 * (gained - lost) / images if images else 0.0,
        low=low,
        high=high,
        per_tag=tuple(
            _compare_tag(tag, ours[truth[:, column], column], theirs[truth[:, column], column])
            for column, tag in enumerate(shared)
            if truth[:, column].any()
        ),
        new_tags=tuple(tag for tag in candidate.tags if tag not in reference.tags),
        lost_tags=tuple(tag for tag in reference.tags if tag not in candidate.tags),
    )


def paired_interval(gained: int, lost: int, images: int) -> tuple[float, float]:
    """95 % interval of 100 (gained - lost) / images, within -100 to 100.

    Source: Bonett & Price (2012), adjusted Wald: unlike McNemar's or a bootstrap, it stays wide
    when few images, or none, tell the models apart.
    """
    share_gained, share_lost = (gained + 1) / (images + 2), (lost + 1) / (images + 2)
    centre = share_gained - share_lost
    half = _Z_95 * math.sqrt((share_gained + share_lost - centre**2) / (images + 2))
    return max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half))


def _decisions(
    contender: Contender,
    shared: Sequence[str],
    is_used: BoolArray,
    kind: HeadKind,
    threshold: float,
) -> BoolArray:
    """(images used, shared tags): what the contender says, asked about the shared tags alone."""
    columns = [list(contender.tags).index(tag) for tag in shared]
    probabilities = contender.probabilities[is_used][:, columns]
    if kind is HeadKind.MULTICLASS:
        # The top tag counts however unsure it is.
        threshold = 0.0
    if not columns:
        return np.zeros(probabilities.shape, np.bool_)
    return predicted_tags(probabilities, kind, threshold)


def _is_right(decisions: BoolArray, truth: BoolArray, kind: HeadKind) -> BoolArray:
    """(images,): of several true tags, one is enough where one is answered."""
    is_right: BoolArray = np.any(decisions & truth, axis=1)
    if kind is HeadKind.MULTILABEL:
        is_right = np.all(decisions == truth, axis=1)
    return is_right


def _compare_tag(tag: str, ours: BoolArray, theirs: BoolArray) -> TagComparison:
    return TagComparison(
        tag=tag,
        images=len(ours),
        gained=int((ours & ~theirs).sum()),
        lost=int((theirs & ~ours).sum()),
        candidate_recall=float(ours.mean()),
        reference_recall=float(theirs.mean()),
    )


def _verdict(low: float, high: float) -> Verdict:
    if low > 0:
        return Verdict.BETTER
    return Verdict.WORSE if high < 0 else Verdict.UNCLEAR
