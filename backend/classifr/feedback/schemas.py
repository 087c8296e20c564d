"""What the feedback and review routes take and give."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from classifr.database.models import Verdict, WrongPrediction
from classifr.predictions.service import STORED_TAGS
from classifr.vision.classification import TagProbability
from classifr.vision.schemas import TagName

_EXAMPLE_ID = "0b2f6f0e-5d0c-4a55-9a34-3f6c0f1d2b7e"


class FeedbackCreate(BaseModel):
    """A person's verdict on a prediction of theirs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"prediction_id": _EXAMPLE_ID, "verdict": "ok"},
                {"prediction_id": _EXAMPLE_ID, "verdict": "nok", "correct_tag": "cannoli"},
            ]
        },
    )

    prediction_id: UUID
    verdict: Verdict
    correct_tag: TagName | None = Field(None, description="What the image really shows, if known.")
    image: Base64Bytes | None = Field(
        None,
        description="The image again, in base64: needed for a NOK on one that is not stored.",
    )


class FeedbackRead(BaseModel):
    """The verdict as recorded."""

    prediction_id: UUID
    verdict: Verdict
    correct_tag: str | None
    wrong_prediction_id: int | None = Field(description="Set by a NOK.")


class WrongPredictionRead(BaseModel):
    """An image that was answered NOK, for an admin to analyse."""

    id: int
    prediction_id: UUID
    image_url: str = Field(examples=["/admin/wrong-predictions/7/image"])
    thumbnail_url: str = Field(examples=["/admin/wrong-predictions/7/thumbnail"])
    tag: str = Field(description="The tag it wrongly got.", examples=["pizza"])
    probability: float = Field(examples=[0.93])
    username: str = Field(description="Who sent it.", examples=["lucia"])
    correct_tag: str | None = Field(examples=["focaccia"])
    project: str = Field(description="Whose model answered.", examples=["ImageNet"])
    iteration: str = Field(examples=["ImageNet"])
    created_at: datetime = Field(description="When the NOK was given.")
    predictions: list[TagProbability] = Field(description="The five likeliest tags.")

    @classmethod
    def of(cls, wrong: WrongPrediction, project: str, iteration: str) -> "WrongPredictionRead":
        """The row as callers see it. wrong: with its `prediction` loaded."""
        address = f"/admin/wrong-predictions/{wrong.id}"
        return cls(
            id=wrong.id,
            prediction_id=wrong.prediction_id,
            image_url=f"{address}/image",
            thumbnail_url=f"{address}/thumbnail",
            tag=wrong.tag,
            probability=wrong.probability,
            username=wrong.username,
            correct_tag=wrong.correct_tag,
            project=project,
            iteration=iteration,
            created_at=wrong.created_at,
            predictions=[
                TagProbability(stored["tag"], stored["probability"])
                for stored in wrong.prediction.top[:STORED_TAGS]
            ],
        )


class WrongPredictionUpdate(BaseModel):
    """What an admin corrects."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"correct_tag": "cannoli"}, {"correct_tag": None}]},
    )

    correct_tag: TagName | None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the calendar") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class WrongPredictionFilter(BaseModel):
    """Which wrong predictions to list."""

    tag: TagName | None = None
    correct_tag: TagName | None = None
    username: Annotated[str, Field(pattern=r"^[^\x00]{1,50}$")] | None = None
    created_from: Moment | None = Field(None, description="At this time or later.")
    created_to: Moment | None = Field(None, description="Before this time.")


class WrongPredictionPage(BaseModel):
    """Wrong predictions, newest first."""

    items: list[WrongPredictionRead]
    next: str | None = Field(None, description="Cursor of the next page; null on the last.")


class DeletedRead(BaseModel):
    """What a bulk delete did."""

    deleted: list[int]
    missing: list[int] = Field(description="Already gone, such as by another admin.")
