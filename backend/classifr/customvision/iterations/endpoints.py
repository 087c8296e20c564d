"""The iterations of a project: /projects/{projectId}/iterations."""

from fastapi import APIRouter

from classifr.customvision.access import KeyFirst
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundIteration, FoundProject
from classifr.customvision.errors import Refused
from classifr.customvision.iterations.schemas import Iteration, IterationUpdate, to_iteration
from classifr.dependencies import WorkspaceDep

router = APIRouter(prefix="/projects/{project_id}/iterations", route_class=KeyFirst)


@router.get("")
async def get_iterations(workspace: WorkspaceDep, project: FoundProject) -> list[Iteration]:
    """All of them, newest first, those that are being trained or failed as well."""
    found = await workspace.iterations.list(project.id)
    return [to_iteration(iteration, project) for iteration in found]


@router.get("/{iteration_id}")
async def get_iteration(project: FoundProject, iteration: FoundIteration) -> Iteration:
    """One of them."""
    return to_iteration(iteration, project)


@router.patch("/{iteration_id}")
async def update_iteration(
    workspace: WorkspaceDep,
    project: FoundProject,
    iteration: FoundIteration,
    payload: IterationUpdate,
) -> Iteration:
    """Give it another name, which no other one of its project has."""
    others = await workspace.iterations.list(project.id)
    if any(other.name == payload.name and other.id != iteration.id for other in others):
        raise Refused(
            ErrorCode.ITERATION_NAME_NOT_UNIQUE,
            "Another iteration of this project has this name. Choose another.",
        )
    renamed = await workspace.iterations.rename(project.id, iteration.id, payload.name)
    return to_iteration(renamed, project)


@router.delete("/{iteration_id}", status_code=204)
async def delete_iteration(workspace: WorkspaceDep, iteration: FoundIteration) -> None:
    """Its model goes; refused while it is published or trained."""
    await workspace.iterations.delete(iteration.project_id, iteration.id)
