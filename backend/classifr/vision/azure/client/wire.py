"""What Custom Vision answers, as values of ours.

Called in the client's threads: whatever is missing in an answer fails there as unreadable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from classifr.kinds import (
    ClassificationType,
    IterationStatus,
    ProjectStatus,
    TagType,
    TrainingType,
)
from classifr.vision.values import ImageTagValue, ImageValue, IterationTagValue, TagValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import models

_STATUSES = {
    "Completed": IterationStatus.COMPLETED,
    "Failed": IterationStatus.FAILED,
    "Cancelled": IterationStatus.CANCELLED,
    "Queued": IterationStatus.QUEUED,
}
#: What the first versions of the service showed as the project's unsaved state.
_NO_ITERATION = "New"


@dataclass(frozen=True)
class AzureProject:
    """A project, without what would have to be counted."""

    id: UUID
    name: str
    description: str
    classification_type: ClassificationType
    domain_id: UUID | None
    target_export_platforms: tuple[str, ...]
    status: ProjectStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class AzureIteration:
    """An iteration, without its tags and its metrics."""

    id: UUID
    project_id: UUID
    name: str
    status: IterationStatus
    training_type: TrainingType
    budget_hours: int | None
    error: str | None
    published_name: str | None
    publish_resource_id: str | None
    exportable_to: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    trained_at: datetime | None


def to_project(project: "models.Project") -> AzureProject:
    """As `get_projects` and `get_project` show it."""
    settings = project.settings
    kind = settings.classification_type
    status = project.status
    created = as_utc(project.created)
    return AzureProject(
        id=UUID(project.id),
        name=str(project.name),
        description=project.description or "",
        classification_type=ClassificationType(kind or ClassificationType.MULTILABEL),
        domain_id=UUID(settings.domain_id) if settings.domain_id else None,
        target_export_platforms=tuple(settings.target_export_platforms or ()),
        status=ProjectStatus(status) if status in list(ProjectStatus) else ProjectStatus.SUCCEEDED,
        created_at=created,
        updated_at=as_utc(project.last_modified) if project.last_modified else created,
    )


def to_iterations(iterations: "Sequence[models.Iteration]") -> list[AzureIteration]:
    """Those that are models or will be, newest first."""
    found = [to_iteration(each) for each in iterations if each.status != _NO_ITERATION]
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def to_iteration(iteration: "models.Iteration") -> AzureIteration:
    """As `get_iteration` shows it."""
    created = as_utc(iteration.created)
    return AzureIteration(
        id=UUID(iteration.id),
        project_id=UUID(iteration.project_id),
        name=str(iteration.name),
        # Whatever else it says, it is at work.
        status=_STATUSES.get(iteration.status, IterationStatus.TRAINING),
        training_type=_training_type(iteration.training_type),
        budget_hours=iteration.reserved_budget_in_hours or None,
        error=iteration.training_error_details or None,
        published_name=iteration.publish_name or None,
        publish_resource_id=iteration.original_publish_resource_id or None,
        exportable_to=tuple(iteration.exportable_to or ()) if iteration.exportable else (),
        created_at=created,
        updated_at=as_utc(iteration.last_modified) if iteration.last_modified else created,
        trained_at=as_utc(iteration.trained_at) if iteration.trained_at else None,
    )


def to_tag(tag: "models.Tag") -> TagValue:
    """A tag of a project."""
    return TagValue(
        id=UUID(tag.id),
        name=str(tag.name),
        description=tag.description or "",
        type=to_tag_type(tag.type),
        image_count=int(tag.image_count or 0),
        created_at=None,
    )


def to_output(tag: "models.Tag") -> IterationTagValue:
    """A tag of an iteration."""
    return IterationTagValue(UUID(tag.id), str(tag.name), to_tag_type(tag.type))


def to_tag_type(kind: str | None) -> TagType:
    """Every kind that an image classifier gives is one of ours."""
    return TagType.NEGATIVE if kind == TagType.NEGATIVE else TagType.REGULAR


def to_image(image: "models.Image") -> ImageValue:
    """A training image. Of its file, Custom Vision tells nothing but the size it is shown in."""
    return ImageValue(
        id=UUID(image.id),
        name=str(image.id),
        width=int(image.width or 0),
        height=int(image.height or 0),
        format=None,
        size_bytes=None,
        sha256=None,
        tags=image_tags(image.tags),
        created_at=as_utc(image.created),
        metadata=dict(image.metadata or {}),
    )


def image_tags(tags: "Sequence[models.ImageTag] | None") -> list[ImageTagValue]:
    """The tags an image bears, by name."""
    values = [
        ImageTagValue(UUID(tag.tag_id), str(tag.tag_name), as_utc(tag.created))
        for tag in tags or ()
    ]
    return sorted(values, key=lambda tag: tag.name)


def as_utc(moment: datetime | None) -> datetime:
    """A moment of theirs, which bears no zone where it is UTC. Raises: ValueError for none."""
    if moment is None:
        raise ValueError("a date is missing")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _training_type(kind: str | None) -> TrainingType:
    return TrainingType.ADVANCED if kind == TrainingType.ADVANCED else TrainingType.REGULAR
