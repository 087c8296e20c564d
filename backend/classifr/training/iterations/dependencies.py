"""What the iteration routes ask for: the iteration of their address."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from classifr.dependencies import StateDep, WorkspaceDep
from classifr.errors import IterationNotFound
from classifr.training.dependencies import PROJECT_ERRORS, PathText, ProjectId
from classifr.vision.values import IterationValue

#: What every route below an iteration may answer.
ITERATION_ERRORS = (*PROJECT_ERRORS, IterationNotFound)


IterationText = Annotated[
    PathText, Path(description="Its id, its exact name, its published name, or `latest`.")
]


async def find_iteration(
    workspace: WorkspaceDep, project_id: ProjectId, iteration: IterationText
) -> UUID:
    """The id of the iteration in the address. Raises: IterationNotFound."""
    return (await workspace.iterations.get(project_id, iteration)).id


async def read_iteration(
    state: StateDep, project_id: ProjectId, iteration: IterationText
) -> IterationValue:
    """The iteration in the address, read in a transaction of its own. Raises: IterationNotFound."""
    async with state.database.lone_statement() as session:
        return await state.vision.workspace(session).iterations.get(project_id, iteration)


IterationId = Annotated[UUID, Depends(find_iteration)]
#: For routes that only read, or compute long: they hold no transaction meanwhile.
FoundIteration = Annotated[IterationValue, Depends(read_iteration)]
