"""Publishing: /projects/{projectId}/iterations/{iterationId}/publish."""

from typing import Annotated

from fastapi import APIRouter, Query

from classifr.customvision.access import TrainingKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundIteration
from classifr.customvision.errors import Refused
from classifr.customvision.wire import text_of
from classifr.dependencies import WorkspaceDep

router = APIRouter(prefix="/projects/{project_id}/iterations/{iteration_id}/publish")

Name = Annotated[str, text_of(ErrorCode.INVALID_PUBLISH_NAME, most=128), Query(alias="publishName")]
# The resource that would answer: here it is this server, whatever it is called.
Resource = Annotated[
    str, text_of(ErrorCode.INVALID_PUBLISH_TARGET, most=512), Query(alias="predictionId")
]


@router.post("")
async def publish_iteration(
    workspace: WorkspaceDep,
    user: TrainingKey,
    iteration: FoundIteration,
    name: Name,
    resource_id: Resource,
    overwrite: bool = False,
) -> bool:
    """Have it answer under a name. overwrite: also one that another iteration has."""
    if iteration.published_name is not None:
        raise Refused(
            ErrorCode.ITERATION_IS_PUBLISHED,
            f"Iteration is already published as: {iteration.published_name}",
        )
    await workspace.iterations.publish(
        iteration.project_id,
        iteration.id,
        name=name,
        username=user.username,
        replace=overwrite,
        resource_id=resource_id,
    )
    return True


@router.delete("", status_code=204)
async def unpublish_iteration(workspace: WorkspaceDep, iteration: FoundIteration) -> None:
    """Have it answer no more."""
    await workspace.iterations.unpublish(iteration.project_id, iteration.id)
