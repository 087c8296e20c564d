"""Training: POST /projects/{projectId}/train."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from classifr.customvision.access import KeyFirst
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundProject, iteration_by_id
from classifr.customvision.errors import Refused, answering, remember_codes
from classifr.customvision.iterations.schemas import (
    CustomBaseModelInfo,
    Iteration,
    TrainingParameters,
    to_iteration,
)
from classifr.customvision.wire import of_kind
from classifr.dependencies import WorkspaceDep
from classifr.errors import LimitReached, TooFewImages, TooFewTags
from classifr.kinds import ClassificationType, IterationStatus, TrainingType
from classifr.vision.port import Workspace

router = APIRouter(
    prefix="/projects/{project_id}/train",
    route_class=KeyFirst,
    dependencies=[answering({LimitReached: ErrorCode.EXCEED_ITERATION_LIMIT})],
)

_TOO_FEW = {
    ClassificationType.MULTICLASS: ErrorCode.MULTICLASS_TRAINING_VALIDATION_FAILED,
    ClassificationType.MULTILABEL: ErrorCode.MULTILABEL_TRAINING_VALIDATION_FAILED,
}
_MOST_HOURS = 96
# Whoever is at that address finds out by trying; this is for what cannot be one.
_EMAIL_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+")


def _check_email(address: str) -> str:
    if address and not _EMAIL_ADDRESS.fullmatch(address):
        raise PydanticCustomError(ErrorCode.INVALID_EMAIL_ADDRESS, "This is not an email address.")
    return address


Type = Annotated[TrainingType, of_kind(TrainingType), Query(alias="trainingType")]
Hours = Annotated[int, Query(alias="reservedBudgetInHours", ge=0, le=_MOST_HOURS)]
IsForced = Annotated[bool, Query(alias="forceTrain")]
Email = Annotated[str, AfterValidator(_check_email), Query(alias="notificationEmailAddress")]


@router.post("")
async def train_project(
    request: Request,
    workspace: WorkspaceDep,
    project: FoundProject,
    training_type: Type = TrainingType.REGULAR,
    hours: Hours = 0,
    is_forced: IsForced = False,
    _: Email = "",
    payload: TrainingParameters | None = None,
) -> Iteration:
    """A worker trains it; read the iteration again to see how far it is. No email is sent."""
    too_few = _TOO_FEW[project.classification_type]
    remember_codes(request, {TooFewImages: too_few, TooFewTags: too_few})
    payload = payload or TrainingParameters()
    if payload.custom_base_model_info is not None:
        await _check_base_model(workspace, payload.custom_base_model_info)
    started = await workspace.iterations.train(
        project.id,
        training_type=training_type,
        budget_hours=_budget(training_type, hours),
        is_forced=is_forced,
        selected_tag_ids=payload.selected_tags or (),
    )
    return to_iteration(started, project)


def _budget(training_type: TrainingType, hours: int) -> int | None:
    """Raises: Refused if an Advanced training has none."""
    if training_type is TrainingType.REGULAR:
        return None
    if hours < 1:
        raise Refused(
            ErrorCode.RESERVED_BUDGET_NOT_ENOUGH,
            "An Advanced training needs a budget of one hour at least.",
        )
    return hours


async def _check_base_model(workspace: Workspace, base: CustomBaseModelInfo) -> None:
    """Raises: ProjectNotFound, IterationNotFound, Refused if it is not trained.

    It is not begun with: the backbone is the same for all, and the rest is fitted from nothing.
    """
    project_id: UUID = (await workspace.projects.get(str(base.project_id))).id
    iteration = await iteration_by_id(workspace.iterations, project_id, base.iteration_id)
    if iteration.status is not IterationStatus.COMPLETED:
        raise Refused(
            ErrorCode.CUSTOM_BASE_MODEL_NOT_COMPLETED, "The base model is not trained yet."
        )
