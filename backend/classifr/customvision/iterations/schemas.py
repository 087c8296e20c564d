"""Iterations as Custom Vision's clients send and get them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from classifr.customvision.codes import ErrorCode
from classifr.customvision.projects.domains import GENERAL
from classifr.customvision.projects.schemas import ExportPlatform
from classifr.customvision.wire import IdList, Instant, WireModel, text_of
from classifr.kinds import IN_PROGRESS, ClassificationType, IterationStatus, TrainingType
from classifr.vision.schemas import MOST_NAME_CHARACTERS
from classifr.vision.values import IterationValue, ProjectValue

_CANCELLED = "The training was cancelled."
_MINUTE_SECONDS = 60

IterationName = Annotated[str, text_of(ErrorCode.ITERATION_NAME, most=MOST_NAME_CHARACTERS)]


class CustomBaseModelInfo(WireModel):
    """The model that a training is to begin with."""

    project_id: UUID
    iteration_id: UUID


class TrainingParameters(WireModel):
    """What is to be learned."""

    selected_tags: IdList | None = None
    custom_base_model_info: CustomBaseModelInfo | None = None


class IterationUpdate(WireModel):
    """What is to change."""

    name: IterationName


class Iteration(WireModel):
    """A model of a project, or one in the making."""

    id: UUID
    name: str
    status: str
    created: Instant
    last_modified: Instant
    #: Not there at all until it is trained.
    trained_at: Instant | None = Field(exclude_if=lambda time: time is None)
    project_id: UUID
    exportable: bool
    exportable_to: list[ExportPlatform] | None
    domain_id: UUID | None
    classification_type: ClassificationType | None
    training_type: TrainingType
    reserved_budget_in_hours: int
    training_time_in_minutes: int
    publish_name: str | None
    original_publish_resource_id: str | None
    custom_base_model_info: None = None
    training_error_details: str | None


def to_iteration(iteration: IterationValue, project: ProjectValue) -> Iteration:
    """An iteration of ours as Custom Vision shows it. project: whose it is."""
    is_trained = iteration.status is IterationStatus.COMPLETED
    return Iteration(
        id=iteration.id,
        name=iteration.name,
        status=_status(iteration.status),
        created=iteration.created_at,
        last_modified=iteration.updated_at,
        trained_at=iteration.trained_at,
        project_id=iteration.project_id,
        exportable=is_trained,
        exportable_to=[ExportPlatform.ONNX] if is_trained else None,
        # Told once it is trained, as the service does.
        domain_id=(project.domain_id or GENERAL) if is_trained else None,
        classification_type=project.classification_type if is_trained else None,
        training_type=iteration.training_type,
        reserved_budget_in_hours=iteration.budget_hours or 0,
        training_time_in_minutes=_minutes(iteration),
        publish_name=iteration.published_name,
        original_publish_resource_id=iteration.publish_resource_id,
        training_error_details=_error_details(iteration),
    )


def _status(status: IterationStatus) -> str:
    if status in IN_PROGRESS:
        return "Training"
    return "Completed" if status is IterationStatus.COMPLETED else "Failed"


def _minutes(iteration: IterationValue) -> int:
    if iteration.trained_at is None or iteration.started_at is None:
        return 0
    seconds = (iteration.trained_at - iteration.started_at).total_seconds()
    return round(seconds / _MINUTE_SECONDS)


def _error_details(iteration: IterationValue) -> str | None:
    return _CANCELLED if iteration.status is IterationStatus.CANCELLED else iteration.error
