"""What the training routes ask for: the project and the iteration of their address."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from classifr.customvision.access import TrainingKey
from classifr.dependencies import StateDep
from classifr.errors import IterationNotFound, ProjectNotFound
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID, Iterations
from classifr.vision.values import IterationValue, ProjectValue


async def find_project(state: StateDep, _: TrainingKey, project_id: UUID) -> UUID:
    """The id in the address, of a project that is there. Raises: ProjectNotFound."""
    if project_id == BUILTIN_PROJECT_ID:
        # Nobody made it, so that it is none of a client's.
        raise ProjectNotFound
    async with state.database.lone_statement() as session:
        found = await state.vision.workspace(session).projects.resolve(str(project_id))
    if found != project_id:
        raise ProjectNotFound
    return project_id


async def read_project(
    state: StateDep, project_id: Annotated[UUID, Depends(find_project)]
) -> ProjectValue:
    """The project of the address, read in a transaction of its own. Raises: ProjectNotFound."""
    async with state.database.transaction() as session:
        return await state.vision.workspace(session).projects.get(str(project_id))


async def read_iteration(
    state: StateDep, project_id: Annotated[UUID, Depends(find_project)], iteration_id: UUID
) -> IterationValue:
    """The iteration of the address, read in a transaction of its own.

    Raises: ProjectNotFound, IterationNotFound.
    """
    return await iteration_of(state, project_id, iteration_id)


async def iteration_of(state: State, project_id: UUID, iteration_id: UUID) -> IterationValue:
    """An iteration of the project, read in a transaction of its own. Raises: IterationNotFound."""
    async with state.database.lone_statement() as session:
        return await iteration_by_id(
            state.vision.workspace(session).iterations, project_id, iteration_id
        )


async def iteration_by_id(
    iterations: Iterations, project_id: UUID, iteration_id: UUID
) -> IterationValue:
    """The iteration of this id, not of this name. Raises: IterationNotFound."""
    found = await iterations.get(project_id, str(iteration_id))
    if found.id != iteration_id:
        raise IterationNotFound
    return found


#: The iteration that is meant, where one may be named.
IterationId = Annotated[UUID | None, Query(alias="iterationId")]
#: For routes below a project: its id.
ProjectId = Annotated[UUID, Depends(find_project)]
#: The project itself.
FoundProject = Annotated[ProjectValue, Depends(read_project)]
#: For routes below an iteration.
FoundIteration = Annotated[IterationValue, Depends(read_iteration)]
