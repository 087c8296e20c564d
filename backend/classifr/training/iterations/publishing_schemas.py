"""What the publishing routes take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from classifr.vision.schemas import MOST_SHORT_NAME_CHARACTERS, NAME_PATTERN

PublishedName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_SHORT_NAME_CHARACTERS),
    Field(pattern=NAME_PATTERN, examples=["default"]),
]


class PublicationCreate(BaseModel):
    """Under which name, and whether it may take another iteration's place."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "default", "replace": True}]}
    )

    name: PublishedName = "default"
    replace: bool = Field(
        False, description="Take the name from the iteration that has it, in one step."
    )
    make_default: bool | None = Field(
        None,
        description="Whether the project is to answer predictions that name none. "
        "Null: only if no other project of yours does.",
    )


class RollBack(BaseModel):
    """Which published name goes back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    name: PublishedName | None = Field(None, description="Null: the one that was published last.")


class PublicationRead(BaseModel):
    """One time that an iteration was published."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str = Field(description="The published name.", examples=["default"])
    iteration_id: UUID
    iteration: str = Field(description="Its name now.", examples=["Iteration 3"])
    username: str = Field(description="Who published it.")
    published_at: datetime
    unpublished_at: datetime | None = Field(description="Null: it answers.")


class PublicationPage(BaseModel):
    """A page of the history, newest first."""

    items: list[PublicationRead]
    next: str | None
