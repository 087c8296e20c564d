"""What the report routes give."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from classifr.kinds import TagType

Share = Annotated[float, Field(ge=0, le=1)]


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TagNameRead(_Read):
    """A tag, by the name it has now."""

    id: UUID
    name: str = Field(examples=["risotto"])


class ScoresRead(_Read):
    """How one tag, or all together, fare at the threshold; null where a number is undefined."""

    images: int = Field(description="Held-out images that carry the tag.")
    predicted: int = Field(description="How often it was predicted, rightly or not.")
    true_positives: int
    precision: Share | None = Field(description="true_positives / predicted")
    recall: Share | None = Field(description="true_positives / images")
    average_precision: Share | None = Field(description="Does not depend on the threshold.")


class TagScoresRead(ScoresRead):
    """Those of one tag."""

    id: UUID
    name: str
    type: TagType


class ConfusionRead(_Read):
    """Which tags are taken for which."""

    tags: list[TagNameRead]
    counts: list[list[int]] = Field(
        description="Rows: the actual tag. Columns: the predicted one, in the same order; the "
        "last column: nothing reached the threshold."
    )


class ReliabilityRead(_Read):
    """The images whose top probability lies between two bounds."""

    low: Share
    high: Share
    count: int
    confidence: Share = Field(description="Mean top probability.")
    accuracy: Share = Field(description="Share whose top tag is right.")


class JudgedImageRead(_Read):
    """A held-out image, what it shows and what was said."""

    image_id: UUID
    is_deleted: bool = Field(description="It is no longer in the project, and cannot be shown.")
    actual: TagNameRead | None = Field(description="Its tag, or the first of them.")
    actual_tags: list[TagNameRead]
    predicted: TagNameRead | None = Field(description="Null: nothing reached the threshold.")
    probability: Share = Field(description="Of the predicted tag; without one, of the likeliest.")


class CurvePointRead(_Read):
    """What a tag has at one threshold."""

    threshold: float
    precision: Share
    recall: Share


class CurveRead(_Read):
    """The precision-recall curve of a tag, from the highest threshold to the lowest."""

    id: UUID
    points: list[CurvePointRead]


class ReportRead(_Read):
    """How an iteration did on the images held out from its training."""

    threshold: Share
    image_count: int
    top1: Share | None = Field(description="Share of images whose likeliest tag is right.")
    calibration_error: Share | None = Field(
        description="Expected calibration error, 15 bins. Also a perfect model has about 0.04 on "
        "300 images."
    )
    overall: ScoresRead = Field(description="Over all predictions together.")
    per_tag: list[TagScoresRead] = Field(description="In the order of the outputs.")
    confusion: ConfusionRead | None = Field(description="Null for Multilabel projects.")
    calibration: list[ReliabilityRead]
    mistakes: list[JudgedImageRead] = Field(description="The surest first, 50 at most.")
    curves: list[CurveRead] | None = Field(description="With `curves=true` only.")


class CellImagesRead(_Read):
    """The images behind a number of the report, the surest first."""

    count: int = Field(description="All there are; `items` has 500 at most.")
    items: list[JudgedImageRead] = Field(validation_alias="images")
    next: None = None


class ReferenceRead(_Read):
    """The iteration that is compared with."""

    id: UUID
    name: str = Field(examples=["Iteration 2"])


class OverallComparisonRead(_Read):
    """Shares of images that are right, before and after."""

    before: Share | None
    after: Share | None
    difference: float = Field(description="In points, from -100 to 100.", examples=[1.5])
    low: float = Field(description="With `high`, the 95 % interval of the difference.")
    high: float


class TagComparisonRead(_Read):
    """Shares of a tag's images that are right, before and after."""

    id: UUID
    name: str
    images: int
    before: Share
    after: Share
    difference: float = Field(description="In points, from -100 to 100.")
    gained: int = Field(description="Images that are right now, and were not.")
    lost: int = Field(description="Images that were right, and are not.")


class ComparisonRead(_Read):
    """An iteration against another, on the images that both had held out."""

    sentence: str = Field(
        description="In plain English.",
        examples=[
            "Better: +1.5 points (0.2 to 2.8) on 300 images; better on 3 of 4 tags, "
            "worse on risotto (-2 points, 4 of 200 images)."
        ],
    )
    verdict: str = Field(description="`better`, `worse` or `no clear difference`.")
    reference: ReferenceRead = Field(serialization_alias="with", description="Compared with this.")
    image_count: int
    overall: OverallComparisonRead
    per_tag: list[TagComparisonRead] = Field(description="Tags that both know.")
    new_tags: list[str] = Field(description="Tags that only this iteration knows.")
    lost_tags: list[str] = Field(description="Tags that only the other one knows.")
