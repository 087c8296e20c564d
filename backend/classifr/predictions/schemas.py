"""What the prediction routes take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from classifr.openapi import ErrorRead
from classifr.vision.classification import TagProbability


class ImageRead(BaseModel):
    """Facts of the image as it was sent; width and height as it is seen (EXIF honoured)."""

    model_config = ConfigDict(from_attributes=True)

    width: int = Field(examples=[512])
    height: int = Field(examples=[384])
    format: str = Field(examples=["JPEG"])
    size_bytes: int = Field(examples=[48211])
    sha256: str


class NoveltyRead(BaseModel):
    """How little the image is like anything the model was trained on."""

    model_config = ConfigDict(from_attributes=True)

    score: float = Field(ge=0, le=1, description="Above 0.5, the image is novel.", examples=[0.31])
    is_novel: bool = Field(
        description="It probably shows none of the tags. Only things far from all of them are "
        "told: a tree among dishes, not a dish among others."
    )


class PredictionRead(BaseModel):
    """What the image shows, likeliest first."""

    id: UUID | None = Field(description="Name it in POST /feedback. Null on the command line.")
    project: str = Field(description="Whose model answered.", examples=["ImageNet"])
    iteration: str = Field(description="The model that answered.", examples=["ImageNet"])
    iteration_id: UUID
    novelty: NoveltyRead | None = Field(description="Null: the model cannot tell.")
    created_at: datetime
    image: ImageRead
    stored: bool = Field(description="Whether the image waits for its verdict in our storage.")
    predictions: list[TagProbability]


class BatchItem(BaseModel):
    """The answer for one image of a batch: a prediction or an error."""

    filename: str | None
    prediction: PredictionRead | None = None
    error: ErrorRead | None = None


class BatchRead(BaseModel):
    """Answers in the order the images came."""

    items: list[BatchItem]
    next: None = None


class TagRead(BaseModel):
    """A tag that predictions can have."""

    name: str = Field(examples=["pizza"])


class TagPage(BaseModel):
    """All tags of the model that answers now."""

    items: list[TagRead]
    next: None = None


class LimitsRead(BaseModel):
    """What uploads and passwords must respect."""

    max_upload_bytes: int
    max_pixels: int
    max_batch_images: int
    formats: list[str]
    min_password_length: int
