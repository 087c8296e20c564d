"""What endpoints ask for: the process's resources and the request's transaction."""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.settings import Settings
from classifr.state import State
from classifr.storage.port import Storage
from classifr.vision.port import Vision, Workspace


def state_of(request: Request) -> State:
    """The resources opened at start."""
    return cast(State, request.app.state.classifr)


# These are `async` though they wait for nothing: FastAPI runs a plain function in a thread.


async def get_state(request: Request) -> State:
    """The resources opened at start."""
    return state_of(request)


StateDep = Annotated[State, Depends(get_state)]


async def get_session(state: StateDep) -> AsyncIterator[AsyncSession]:
    """One transaction a request, committed before the answer is sent.

    Its connection is taken at the first query, so a request that classifies first holds none.
    """
    async with state.database.transaction() as session:
        yield session


# With FastAPI's default scope the commit would come after the client has its 200.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_settings(state: StateDep) -> Settings:
    """The settings the process was started with."""
    return state.settings


async def get_storage(state: StateDep) -> Storage:
    """Where image bytes are kept."""
    return state.storage


async def get_vision(state: StateDep) -> Vision:
    """The engine that classifies."""
    return state.vision


async def get_workspace(state: StateDep, session: SessionDep) -> Workspace:
    """Projects, tags, images and iterations, in the request's transaction."""
    return state.vision.workspace(session)


SettingsDep = Annotated[Settings, Depends(get_settings)]
StorageDep = Annotated[Storage, Depends(get_storage)]
VisionDep = Annotated[Vision, Depends(get_vision)]
WorkspaceDep = Annotated[Workspace, Depends(get_workspace)]
