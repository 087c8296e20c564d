"""What the iteration routes take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

from classifr.kinds import IterationStatus, TagType, TrainingStage, TrainingType
from classifr.vision.schemas import MOST_NAME_CHARACTERS, NAME_PATTERN

IterationName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_NAME_CHARACTERS),
    Field(pattern=NAME_PATTERN, examples=["With more risotto"]),
]


TagText = Annotated[
    str, StringConstraints(min_length=1, max_length=256), Field(pattern=NAME_PATTERN)
]


class TrainingCreate(BaseModel):
    """How to train."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"training_type": "Regular"}]}
    )

    training_type: TrainingType = Field(
        TrainingType.REGULAR,
        description="Regular: seconds to minutes. Advanced: learns from three views of each image "
        "(as it is, mirrored, its middle), as far as `budget_hours` suffice; answers take as long.",
    )
    budget_hours: int | None = Field(
        None,
        ge=1,
        le=24,
        description="Hours from its start after which an Advanced training embeds no further view; "
        "it then learns from the views that all images have. Default: 1.",
    )
    tags: list[TagText] = Field(
        default=[],
        max_length=500,
        description="Ids or names of the tags to learn; all if there are none.",
        examples=[["cannoli", "risotto"]],
    )
    force: bool = Field(False, description="Train even if nothing changed since the last time.")


class IterationUpdate(BaseModel):
    """What is to change."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "With more risotto"}]}
    )

    name: IterationName


class IterationTagRead(BaseModel):
    """One output of an iteration."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["cannoli"])
    type: TagType


class IterationRead(BaseModel):
    """A model of a project, or one in the making."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    project_id: UUID
    number: int = Field(description="1, 2, 3 ... within the project.")
    name: str = Field(examples=["Iteration 3"])
    status: IterationStatus = Field(
        description="queued, training, completed, failed (`error` says why) or cancelled."
    )
    training_type: TrainingType
    budget_hours: int | None
    stage: TrainingStage | None = Field(description="What a worker does for it now.")
    progress: Annotated[float, Field(ge=0, le=1, description="Of the whole training.")]
    seconds_left: float | None = Field(description="An estimate, while it is trained.")
    error: str | None = Field(description="Why it failed and what to do, in English.")
    tags: list[IterationTagRead] = Field(description="Its outputs, in their order.")
    image_count: int = Field(description="Images it learned from, held-out ones included.")
    backbone: str | None
    summary: dict[str, float | None] | None = Field(
        description="Metrics on the held-out images at a threshold of 0.5: `precision`, `recall`, "
        "`average_precision`, `top1`, `calibration_error`; `held_out_images`; "
        "`skipped_images`, which are gone or cannot be read; and `views`, from how many of each "
        "image it learned.",
    )
    published_name: str | None
    published_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    trained_at: datetime | None

    @computed_field(description="Whether it answers predictions.")  # type: ignore[prop-decorator]
    @property
    def is_published(self) -> bool:
        return self.published_name is not None


class IterationPage(BaseModel):
    """All iterations of a project, newest first."""

    items: list[IterationRead]
    next: None = None
