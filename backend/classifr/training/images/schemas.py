"""What the training image routes take and give."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from classifr.paging import RowId
from classifr.vision.values import ImageResult, ImageStatus

_EXAMPLE_ID = "01936d3e-6f0a-7c1e-9a34-3f6c0f1d2b7e"
_EXAMPLE_TAG = "0b2f6f0e-5d0c-4a55-9a34-3f6c0f1d2b7e"


class ImageTagRead(BaseModel):
    """A tag as an image bears it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["cannoli"])


class TrainingImageRead(BaseModel):
    """An image of a project; width and height as it is seen (EXIF honoured)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(description="Of the file it came in.", examples=["IMG_0042.jpg"])
    width: int
    height: int
    format: str | None = Field(
        description="With size_bytes and sha256, null where the engine does not tell.",
        examples=["JPEG"],
    )
    size_bytes: int | None
    sha256: str | None
    tags: list[ImageTagRead]
    metadata: dict[str, str] = Field(description="What clients noted of it.")
    created_at: datetime


class TrainingImagePage(BaseModel):
    """Images, newest first."""

    items: list[TrainingImageRead]
    next: str | None = Field(None, description="Cursor of the next page; null on the last.")


class ImageResultRead(BaseModel):
    """What became of one image that was sent."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    status: ImageStatus = Field(description="The words are Custom Vision's.")
    detail: str | None = Field(description="Why it was refused and what to do.")
    image: TrainingImageRead | None


class ImageResults(BaseModel):
    """What became of each image, in the order they came."""

    is_batch_successful: bool = Field(
        description="Every image is in the project now: `OK` or `OKDuplicate`."
    )
    items: list[ImageResultRead]
    next: None = None

    @classmethod
    def of(cls, results: Sequence[ImageResult]) -> "ImageResults":
        """The results as callers see them."""
        return cls(
            is_batch_successful=all(result.image is not None for result in results),
            items=[ImageResultRead.model_validate(result) for result in results],
        )


class ArchiveItem(BaseModel):
    """A file of the archive that did not go in."""

    name: str = Field(examples=["pizza/notes.txt"])
    status: ImageStatus | None = Field(description="Null if it was skipped, being no image.")
    detail: str


class ArchiveRead(BaseModel):
    """What became of the files of an archive."""

    added: int
    duplicates: int = Field(description="Already in the project; they have their new tags too.")
    refused: int
    skipped: int = Field(description="Not images.")
    items: list[ArchiveItem] = Field(description="Those refused and skipped, the first 1,000.")
    next: None = None


class Retag(BaseModel):
    """Tags to put on images and to take off them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"image_ids": [_EXAMPLE_ID], "add": [_EXAMPLE_TAG], "remove": []}]
        },
    )

    image_ids: Annotated[list[UUID], Field(min_length=1, max_length=256)]
    add: Annotated[list[UUID], Field(max_length=500)] = []
    remove: Annotated[list[UUID], Field(max_length=500)] = []


class RetaggedRead(BaseModel):
    """The images as they are now."""

    items: list[TrainingImageRead]
    next: None = None


class FromWrongPredictions(BaseModel):
    """Wrong predictions to learn from."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ids": [7, 8], "keep": False}]}
    )

    ids: Annotated[list[RowId], Field(min_length=1, max_length=64)]
    keep: bool = Field(False, description="Leave them in the list of wrong predictions.")


class DeletedImagesRead(BaseModel):
    """What a bulk delete did."""

    deleted: list[UUID]
    missing: list[UUID] = Field(description="Already gone, such as by another admin.")
