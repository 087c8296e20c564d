"""What the tag routes take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from classifr.kinds import TagType
from classifr.training.projects.schemas import Description
from classifr.vision.schemas import TagName

_TYPE = "Negative: for images that show none of the other tags. A project has one at most."


class TagCreate(BaseModel):
    """A new tag."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "cannoli"}, {"name": "none of these", "type": "Negative"}]
        },
    )

    name: TagName
    description: Description = ""
    type: TagType = Field(TagType.REGULAR, description=_TYPE)


class TagUpdate(BaseModel):
    """What is to change; the rest stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "risotto alla milanese"}]}
    )

    name: TagName | None = None
    description: Description | None = None
    type: TagType | None = Field(None, description=_TYPE)


class ProjectTagRead(BaseModel):
    """A tag of a project."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["cannoli"])
    description: str
    type: TagType
    image_count: int
    created_at: datetime | None = Field(description="Null where the engine does not tell.")


class ProjectTagPage(BaseModel):
    """All tags of a project, by name."""

    items: list[ProjectTagRead]
    next: None = None
