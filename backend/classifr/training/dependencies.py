"""What the training routes ask for: the project of their address."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from classifr.accounts.dependencies import TrainerUser
from classifr.dependencies import StateDep
from classifr.errors import ProjectNotFound
from classifr.openapi import ADMIN_ERRORS, ENGINE_ERRORS
from classifr.vision.schemas import MOST_NAME_CHARACTERS, NAME_PATTERN

#: What every route below a project may answer.
PROJECT_ERRORS = (*ADMIN_ERRORS, *ENGINE_ERRORS, ProjectNotFound)

PathText = Annotated[str, Path(min_length=1, max_length=MOST_NAME_CHARACTERS, pattern=NAME_PATTERN)]


async def find_project(
    state: StateDep,
    _: TrainerUser,
    project: Annotated[PathText, Path(description="Its id, or its exact name.")],
) -> UUID:
    """The id of the project in the address, found before a body is read.

    Raises: ProjectNotFound.
    """
    async with state.database.lone_statement() as session:
        return await state.vision.workspace(session).projects.resolve(project)


ProjectId = Annotated[UUID, Depends(find_project)]
