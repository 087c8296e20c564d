"""How iterations do, as Custom Vision's clients get it."""

from uuid import UUID

from classifr.customvision.addresses import FileAddresses
from classifr.customvision.images.schemas import ImageTag
from classifr.customvision.images.shown import to_image
from classifr.customvision.predictions.schemas import Prediction
from classifr.customvision.wire import ImageInstant, WireModel
from classifr.vision.reports import ImagePerformance as Performance
from classifr.vision.reports import Report, Scores
from classifr.vision.values import ImageValue


class Metrics(WireModel):
    """At a threshold. There is one split, hence no deviation between several."""

    precision: float
    precision_std_deviation: float = 0.0
    recall: float
    recall_std_deviation: float = 0.0
    average_precision: float | None


class TagPerformance(Metrics):
    """Those of one tag."""

    id: UUID
    name: str


class IterationPerformance(Metrics):
    """Those overall, and of each tag."""

    per_tag_performance: list[TagPerformance]


class ImagePerformance(WireModel):
    """A held-out image and what was said of it."""

    predictions: list[Prediction]
    id: UUID
    created: ImageInstant
    width: int
    height: int
    image_uri: str
    thumbnail_uri: str
    tags: list[ImageTag]
    regions: list[None] = []


def to_performance(report: Report) -> IterationPerformance:
    """A report of ours as Custom Vision shows it."""
    return IterationPerformance(
        **_metrics(report.overall),
        per_tag_performance=[
            TagPerformance(id=tag.id, name=tag.name, **_metrics(tag)) for tag in report.per_tag
        ],
    )


def to_image_performance(
    performance: Performance, value: ImageValue, project_id: UUID, addresses: FileAddresses
) -> ImagePerformance:
    """What was said of an image, with addresses to fetch it from."""
    image = to_image(value, project_id, addresses)
    # Made by us, hence not validated: a page has 256, each with every tag.
    return ImagePerformance.model_construct(
        id=value.id,
        created=value.created_at,
        width=value.width,
        height=value.height,
        image_uri=image.original_image_uri,
        thumbnail_uri=image.thumbnail_uri,
        tags=[
            ImageTag.model_construct(tag_id=tag.id, tag_name=tag.name, created=value.created_at)
            for tag in performance.tags
        ],
        predictions=[
            Prediction.model_construct(
                probability=output.probability,
                tag_id=output.tag.id,
                tag_name=output.tag.name,
                tag_type=output.tag.type,
            )
            for output in performance.outputs
        ],
    )


def _metrics(scores: Scores) -> dict[str, float | None]:
    # The service has no word for a number that is undefined, but for the last of them.
    return {
        "precision": scores.precision or 0.0,
        "recall": scores.recall or 0.0,
        "average_precision": scores.average_precision,
    }
