"""What can be told of a trained iteration: how good it is, where it errs, what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from classifr.kinds import ImageOrder, TagType
from classifr.vision.values import ImageTagValue, IterationTagValue, IterationValue

#: The most images of a confusion cell that are listed.
MOST_CELL_IMAGES = 500


@dataclass(frozen=True)
class Scores:
    """How one tag, or all together, fare at a threshold. None where a number is undefined."""

    images: int  #: Held-out images that carry the tag.
    predicted: int
    true_positives: int
    precision: float | None
    recall: float | None
    average_precision: float | None  #: Does not depend on the threshold.


@dataclass(frozen=True)
class TagScores(Scores):
    """Those of one tag."""

    id: UUID
    name: str
    type: TagType


@dataclass(frozen=True)
class Confusion:
    """Which tags are taken for which. Multiclass only."""

    tags: list[ImageTagValue]
    counts: list[list[int]]  #: Rows: the actual tag; columns: the predicted one, last: none.


@dataclass(frozen=True)
class Reliability:
    """The images whose top probability lies between two bounds."""

    low: float
    high: float
    count: int
    confidence: float  #: Mean top probability.
    accuracy: float  #: Share whose top tag is right.


@dataclass(frozen=True)
class JudgedImage:
    """A held-out image, what it shows and what was said."""

    image_id: UUID
    is_deleted: bool  #: It is in the project no more.
    actual: ImageTagValue | None  #: Its tag, or the first of them.
    actual_tags: list[ImageTagValue]
    predicted: ImageTagValue | None  #: None: nothing reached the threshold.
    probability: float  #: Of the predicted tag; without one, of the likeliest.


@dataclass(frozen=True)
class CurvePoint:
    """What a tag has at one threshold."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Curve:
    """The precision-recall curve of a tag."""

    id: UUID
    points: list[CurvePoint]


@dataclass(frozen=True)
class Report:
    """How an iteration did on its held-out images."""

    threshold: float
    image_count: int
    top1: float | None  #: Share of images whose likeliest tag is right.
    calibration_error: float | None
    overall: Scores
    per_tag: list[TagScores]
    confusion: Confusion | None
    calibration: list[Reliability]
    mistakes: list[JudgedImage]  #: The surest first.
    curves: list[Curve] | None


@dataclass(frozen=True)
class CellImages:
    """The images of one cell of the confusion matrix, the surest first."""

    count: int  #: All there are.
    images: list[JudgedImage]  #: MOST_CELL_IMAGES at most.


@dataclass(frozen=True)
class Reference:
    """The iteration that is compared with."""

    id: UUID
    name: str


@dataclass(frozen=True)
class OverallComparison:
    """Shares of images right, before and after."""

    before: float | None
    after: float | None
    difference: float  #: In points.
    low: float  #: With `high`, its 95 % interval.
    high: float


@dataclass(frozen=True)
class TagComparison:
    """Shares of a tag's images right, before and after."""

    id: UUID
    name: str
    images: int
    before: float
    after: float
    difference: float  #: In points.
    gained: int  #: Images that are right now and were not before.
    lost: int


@dataclass(frozen=True)
class Comparison:
    """An iteration against another, on the held-out images of the project as it is now."""

    sentence: str  #: In plain English.
    verdict: str  #: better, worse, or no clear difference.
    reference: Reference
    image_count: int
    overall: OverallComparison
    per_tag: list[TagComparison]
    new_tags: list[str]  #: Only the iteration knows them.
    lost_tags: list[str]  #: Only the other one knows them.


@dataclass(frozen=True)
class OutputProbability:
    """How likely an iteration found one of its tags."""

    tag: IterationTagValue
    probability: float


@dataclass(frozen=True)
class ImagePerformance:
    """What was said of one held-out image."""

    image_id: UUID
    tags: list[ImageTagValue]  #: Those it had when the iteration was trained.
    outputs: list[OutputProbability]  #: Of every tag of the iteration, the likeliest first.


@dataclass(frozen=True)
class ImagePerformancePage:
    """Some of the held-out images that are still in the project."""

    count: int  #: All that were asked for.
    images: list[ImagePerformance]


class Reports(Protocol):
    """Reads, and computes; holds no transaction while it does."""

    async def report(
        self, iteration: IterationValue, *, threshold: float, with_curves: bool = False
    ) -> Report:
        """How it did at a threshold. Raises: IterationNotTrained, BuiltinProject."""

    async def cell_images(
        self,
        iteration: IterationValue,
        *,
        actual: UUID | None,
        predicted: UUID | None,
        threshold: float,
    ) -> CellImages:
        """The images behind a number of the report; None: no tag.

        Raises: IterationNotTrained, BuiltinProject, TagNotFound.
        """

    async def image_performances(
        self,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> ImagePerformancePage:
        """What was said of the held-out images, those with any of the tags if there are some.

        Raises: IterationNotTrained, BuiltinProject.
        """

    async def compare(self, iteration: IterationValue, reference: IterationValue) -> Comparison:
        """What is gained and lost by it. Raises: IterationNotTrained, BuiltinProject."""

    async def export(self, iteration: IterationValue) -> bytes:
        """The model to take away, a zip. Raises: IterationNotTrained, BuiltinProject, NotReady."""
