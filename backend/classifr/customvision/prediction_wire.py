"""What predictions look like to Custom Vision's clients."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import Field

from classifr.customvision.wire import Instant, WireModel, of_kind
from classifr.kinds import TagType
from classifr.predictions.service import Answer
from classifr.predictions.stored.service import StoredOrder


class Prediction(WireModel):
    """One tag and how likely it is."""

    probability: float
    tag_id: UUID
    tag_name: str
    bounding_box: None = None  #: What detection would give.
    tag_type: TagType | None


class ImagePrediction(WireModel):
    """Every tag for one image, likeliest first."""

    id: UUID
    project: UUID
    iteration: UUID
    created: Instant
    predictions: list[Prediction]


def image_prediction(answer: Answer) -> ImagePrediction:
    """The answer for an image just classified; an id that nothing has if it was not stored."""
    classification, row = answer.classified.classification, answer.prediction
    # Made by us, hence not validated: there may be five hundred.
    predictions = [
        Prediction.model_construct(
            probability=probability, tag_id=tag.id, tag_name=tag.name, tag_type=tag.type
        )
        for tag, probability in zip(
            classification.outputs, classification.probabilities, strict=True
        )
    ]
    return ImagePrediction.model_construct(
        id=row.id if row else uuid4(),
        project=classification.project_id,
        iteration=classification.iteration_id,
        created=row.created_at if row else datetime.now(UTC),
        predictions=predictions,
    )


class StoredImagePrediction(ImagePrediction):
    """A prediction that was kept, with the addresses of its image."""

    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    domain: UUID | None


class PredictionQueryTag(WireModel):
    """A tag, and between which probabilities it is to be."""

    id: UUID
    min_threshold: float = Field(0.0, allow_inf_nan=False)
    max_threshold: float = Field(1.0, allow_inf_nan=False)


class PredictionQueryToken(WireModel):
    """Which stored predictions are wanted, and where the last page ended."""

    session: str | None = None
    continuation: str | None = None
    max_count: int = 0
    order_by: Annotated[StoredOrder, of_kind(StoredOrder)] = StoredOrder.NEWEST
    tags: list[PredictionQueryTag] | None = None
    iteration_id: UUID | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    application: str | None = None


class PredictionQueryResult(WireModel):
    """A page of stored predictions, and what to send for the next one."""

    token: PredictionQueryToken
    results: list[StoredImagePrediction]
