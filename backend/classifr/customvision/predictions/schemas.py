"""What predictions look like to Custom Vision's clients."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import Field
from pydantic_core import to_json

from classifr.customvision.paging import QueryToken
from classifr.customvision.wire import Instant, Text, WireModel, of_kind
from classifr.kinds import TagType
from classifr.predictions.service import Answer
from classifr.predictions.stored.service import StoredOrder
from classifr.vision.classification import Column, Outputs
from classifr.vision.values import IterationTagValue

_MODELS = 64  # Whose ends are kept.
_NEXT = b',{"probability":'


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


@lru_cache(_MODELS)
def _ends(outputs: Outputs, *, has_type: bool) -> Column[bytes]:
    """All that stands between the probability of each tag and that of the next."""
    return Column(_end(tag, has_type=has_type) for tag in outputs.tags)


def _end(tag: IterationTagValue, *, has_type: bool) -> bytes:
    rest = b',"boundingBox":null,"tagType":"%b"' % tag.type.encode() if has_type else b""
    head = b',"tagId":"%b","tagName":%b' % (str(tag.id).encode(), to_json(tag.name))
    return b"%b%b}%b" % (head, rest, _NEXT)


def image_prediction_json(answer: Answer, *, version: str = "v3.1") -> bytes:
    """The JSON of an `ImagePrediction`, in a fraction of the time when there are many tags.

    An answer that was not stored has an id that nothing has. version: v3.0 knows no types of tags.
    """
    classification, row = answer.classification, answer.prediction
    head = ImagePrediction.model_construct(
        id=row.id if row else uuid4(),
        project=classification.project_id,
        iteration=classification.iteration_id,
        created=row.created_at if row else datetime.now(UTC),
        predictions=[],
    )
    # Programs of that time cut the text after `tagName`, and have little room for more.
    ends = _ends(classification.outputs, has_type=version != "v3.0")
    parts = [b""] * (2 * len(classification.probabilities))
    parts[::2] = to_json(classification.probabilities)[1:-1].split(b",")
    parts[1::2] = ends.ordered(classification.order)
    tags = (_NEXT[1:] + b"".join(parts))[: -len(_NEXT)]
    return b"%b%b]}" % (head.model_dump_json(by_alias=True).encode()[:-2], tags)


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


class PredictionQueryToken(QueryToken):
    """Which stored predictions are wanted."""

    order_by: Annotated[StoredOrder, of_kind(StoredOrder)] = StoredOrder.NEWEST
    tags: list[PredictionQueryTag] | None = None
    iteration_id: UUID | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    application: Text | None = None


class PredictionQueryResult(WireModel):
    """A page of stored predictions, and what to send for the next one."""

    token: PredictionQueryToken
    results: list[StoredImagePrediction]
