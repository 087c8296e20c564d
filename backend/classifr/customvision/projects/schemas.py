"""Projects as Custom Vision's clients send and get them."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from classifr.customvision.codes import ErrorCode
from classifr.customvision.projects.domains import DOMAINS, GENERAL, DomainType
from classifr.customvision.wire import (
    Instant,
    Text,
    WireModel,
    description_of,
    of_kind,
    split_by_comma,
    text_of,
)
from classifr.kinds import ClassificationType, ProjectStatus
from classifr.vision.schemas import MOST_NAME_CHARACTERS
from classifr.vision.values import ProjectValue

_KEPT = {
    "target_export_platforms",
    "image_processing_settings",
    "export_model_container_uri",
    "notification_queue_uri",
}
_AUGMENTATIONS = (
    "rotation",
    "scaling",
    "translation",
    "horizontal flip",
    "equalize",
    "solarize",
    "padtosquare",
)


class ExportPlatform(StrEnum):
    """What a model may be exported for. Here it is ONNX; the others are only kept."""

    CORE_ML = "CoreML"
    TENSORFLOW = "TensorFlow"
    DOCKER_FILE = "DockerFile"
    ONNX = "ONNX"
    VAIDK = "VAIDK"
    OPEN_VINO = "OpenVino"


def _known_domain(value: object) -> object:
    try:
        domain = None if value is None else DOMAINS[UUID(str(value))]
    except (ValueError, KeyError):
        raise PydanticCustomError(
            ErrorCode.PROJECT_UNKNOWN_DOMAIN, "There is no such domain."
        ) from None
    if domain is not None and domain.type is DomainType.OBJECT_DETECTION:
        raise PydanticCustomError(
            ErrorCode.UNSUPPORTED_DOMAIN,
            "Classifr classifies whole images. Choose a domain of classification.",
        )
    return value


ProjectName = Annotated[str, text_of(ErrorCode.PROJECT_NAME, most=MOST_NAME_CHARACTERS)]
Description = Annotated[str, description_of(ErrorCode.PROJECT_DESCRIPTION)]
DomainId = Annotated[UUID, BeforeValidator(_known_domain)]
Classification = Annotated[
    ClassificationType,
    of_kind(ClassificationType, ErrorCode.PROJECT_UNKNOWN_CLASSIFICATION),
]
_Platform = Annotated[
    ExportPlatform, of_kind(ExportPlatform, ErrorCode.PROJECT_UNSUPPORTED_EXPORT_PLATFORM)
]
Platforms = Annotated[list[_Platform], BeforeValidator(split_by_comma)]


class CreateProjectOptions(WireModel):
    """Where Azure would put models and messages; kept, and not used here."""

    export_model_container_uri: Text | None = None
    notification_queue_uri: Text | None = None


class ImageProcessingSettings(WireModel):
    """How images are varied for training; kept, and not used here."""

    augmentation_methods: dict[Text, bool] | None = None


class ProjectSettings(CreateProjectOptions):
    """What a project is about, and what clients set on it."""

    domain_id: DomainId | None = None
    classification_type: Classification | None = None
    target_export_platforms: Platforms | None = None
    use_negative_set: bool = True
    detection_parameters: None = None
    image_processing_settings: ImageProcessingSettings | None = None

    def kept(self) -> dict[str, object]:
        """What the project keeps for its clients, by its names on the wire."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, include=_KEPT)


class ProjectUpdate(WireModel):
    """What is to change; what is absent or null stays."""

    name: ProjectName | None = None
    description: Description | None = None
    settings: ProjectSettings | None = None


class Project(WireModel):
    """A project."""

    id: UUID
    name: str
    description: str
    settings: ProjectSettings
    created: Instant
    last_modified: Instant
    thumbnail_uri: None = None
    dr_mode_enabled: bool = False
    status: ProjectStatus


def to_project(project: ProjectValue) -> Project:
    """A project of ours as Custom Vision shows it."""
    settings = {
        "targetExportPlatforms": [],
        "imageProcessingSettings": {
            "augmentationMethods": dict.fromkeys(_AUGMENTATIONS, True),
        },
        **project.settings,
        "domainId": project.domain_id or GENERAL,
        "classificationType": project.classification_type,
    }
    return Project(
        id=project.id,
        name=project.name,
        description=project.description,
        settings=ProjectSettings.model_validate(settings),
        created=project.created_at,
        last_modified=project.updated_at,
        status=project.status,
    )
