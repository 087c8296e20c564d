"""What the project routes take and give."""

import json
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from classifr.kinds import ClassificationType
from classifr.vision.schemas import MOST_DESCRIPTION_CHARACTERS, MOST_NAME_CHARACTERS, NAME_PATTERN

_MOST_SETTINGS_CHARACTERS = 8192

ProjectName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_NAME_CHARACTERS),
    Field(pattern=NAME_PATTERN, examples=["Desserts"]),
]
Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_DESCRIPTION_CHARACTERS),
    Field(pattern=r"^[^\x00]*$"),
]


def _check_small(settings: dict[str, object]) -> dict[str, object]:
    if len(json.dumps(settings)) > _MOST_SETTINGS_CHARACTERS:
        raise ValueError(f"They have {_MOST_SETTINGS_CHARACTERS:,} characters at most")
    if "\\u0000" in json.dumps(settings):
        raise ValueError("They hold a character that no text has")
    return settings


class CustomVisionSettings(BaseModel):
    """What Custom Vision's clients set on a project. It is kept for them, and changes nothing."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    domain_id: UUID | None = None
    settings: Annotated[dict[str, object], AfterValidator(_check_small)] = Field(
        {}, description="By their names on the wire, such as targetExportPlatforms."
    )


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
    custom_vision: CustomVisionSettings = CustomVisionSettings()


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
