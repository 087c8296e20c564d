"""What the iteration routes ask for: the iteration of their address."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from classifr.dependencies import WorkspaceDep
from classifr.errors import IterationNotFound
from classifr.training.dependencies import PROJECT_ERRORS, PathText, ProjectId

#: What every route below an iteration may answer.
ITERATION_ERRORS = (*PROJECT_ERRORS, IterationNotFound)


async def find_iteration(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    iteration: Annotated[
        PathText,
        Path(description="Its id, its exact name, its published name, or `latest`."),
    ],
) -> UUID:
    """The id of the iteration in the address. Raises: IterationNotFound."""
    return (await workspace.iterations.get(project_id, iteration)).id


IterationId = Annotated[UUID, Depends(find_iteration)]
