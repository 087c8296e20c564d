"""The iterations of a project: /projects/{project}/train, /projects/{project}/iterations."""

from fastapi import APIRouter, status

from classifr.dependencies import WorkspaceDep
from classifr.errors import (
    BuiltinProject,
    IterationPublished,
    LimitReached,
    NotReady,
    NotTraining,
    TagNotFound,
    TooFewImages,
    TooFewTags,
    TrainingInProgress,
    TrainingNotNeeded,
    Unprocessable,
)
from classifr.openapi import BODY_ERRORS, error_responses
from classifr.training.dependencies import PROJECT_ERRORS, ProjectId
from classifr.training.iterations.dependencies import (
    ITERATION_ERRORS,
    FoundIteration,
    IterationId,
)
from classifr.training.iterations.schemas import (
    IterationPage,
    IterationRead,
    IterationUpdate,
    TrainingCreate,
)

router = APIRouter(
    prefix="/projects/{project}",
    tags=["iterations"],
    responses=error_responses(*ITERATION_ERRORS, Unprocessable),
)


@router.post(
    "/train",
    summary="Train an iteration",
    status_code=status.HTTP_202_ACCEPTED,
    responses=error_responses(
        *PROJECT_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        LimitReached,
        NotReady,
        TagNotFound,
        TooFewImages,
        TooFewTags,
        TrainingInProgress,
        TrainingNotNeeded,
    ),
)
async def train_iteration(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    payload: TrainingCreate = TrainingCreate(),
) -> IterationRead:
    """A worker trains it; read the iteration again to see how far it is."""
    selected = await workspace.tags.resolve(project_id, payload.tags) if payload.tags else ()
    started = await workspace.iterations.train(
        project_id,
        training_type=payload.training_type,
        budget_hours=payload.budget_hours,
        is_forced=payload.force,
        selected_tag_ids=selected,
    )
    return IterationRead.model_validate(started)


@router.get("/iterations", summary="List the iterations")
async def list_iterations(workspace: WorkspaceDep, project_id: ProjectId) -> IterationPage:
    """All of them, newest first, those that are being trained or failed as well."""
    found = await workspace.iterations.list(project_id)
    return IterationPage(items=[IterationRead.model_validate(iteration) for iteration in found])


@router.get("/iterations/{iteration}", summary="Read an iteration")
async def read_iteration(iteration: FoundIteration) -> IterationRead:
    """`latest` is the newest that is trained; if none is, the newest."""
    return IterationRead.model_validate(iteration)


@router.patch(
    "/iterations/{iteration}",
    summary="Rename an iteration",
    responses=error_responses(*ITERATION_ERRORS, *BODY_ERRORS, BuiltinProject),
)
async def update_iteration(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    iteration_id: IterationId,
    payload: IterationUpdate,
) -> IterationRead:
    """If it is published, its answers bear the new name at once."""
    renamed = await workspace.iterations.rename(project_id, iteration_id, payload.name)
    return IterationRead.model_validate(renamed)


@router.delete(
    "/iterations/{iteration}",
    summary="Delete an iteration",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(
        *ITERATION_ERRORS, Unprocessable, BuiltinProject, IterationPublished, TrainingInProgress
    ),
)
async def delete_iteration(
    workspace: WorkspaceDep, project_id: ProjectId, iteration_id: IterationId
) -> None:
    """Its model goes; the predictions it made stay."""
    await workspace.iterations.delete(project_id, iteration_id)


@router.post(
    "/iterations/{iteration}/cancel",
    summary="Cancel a training",
    responses=error_responses(*ITERATION_ERRORS, NotTraining),
)
async def cancel_training(
    workspace: WorkspaceDep, project_id: ProjectId, iteration_id: IterationId
) -> IterationRead:
    """Its worker stops within seconds; until then the status remains `training`."""
    cancelled = await workspace.iterations.cancel(project_id, iteration_id)
    return IterationRead.model_validate(cancelled)
