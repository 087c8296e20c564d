"""What the project routes take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from classifr.kinds import ClassificationType
from classifr.vision.schemas import NAME_PATTERN

ProjectName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=256),
    Field(pattern=NAME_PATTERN, examples=["Desserts"]),
]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=4096), Field(pattern=r"^[^\x00]*$")
]


class ProjectCreate(BaseModel):
    """A new project."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Desserts", "classification_type": "Multiclass"}]},
    )

    name: ProjectName
    description: Description = ""
    classification_type: ClassificationType = Field(
        ClassificationType.MULTICLASS,
        description="Multiclass: an image has one tag. Multilabel: any number.",
    )


class ProjectUpdate(BaseModel):
    """What is to change; the rest stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Italian desserts"}, {"is_default": True}]},
    )

    name: ProjectName | None = None
    description: Description | None = None
    classification_type: ClassificationType | None = None
    is_default: Literal[True] | None = Field(
        None, description="Have its latest published iteration answer whoever names no project."
    )


class ProjectRead(BaseModel):
    """A project and how much is in it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    description: str
    classification_type: ClassificationType
    is_builtin: bool = Field(description="ImageNet, which cannot be changed.")
    is_default: bool = Field(description="Answers predictions that name no project.")
    tag_count: int
    image_count: int
    untagged_count: int = Field(description="Images without a tag.")
    created_at: datetime
    updated_at: datetime = Field(
        description="When it, its tags or its images changed, or it was trained."
    )


class ProjectPage(BaseModel):
    """All projects, by name; the built-in one last."""

    items: list[ProjectRead]
    next: None = None
