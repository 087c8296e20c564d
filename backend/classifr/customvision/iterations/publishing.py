"""Publishing: /projects/{projectId}/iterations/{iterationId}/publish."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from classifr.customvision.access import KeyFirst, TrainingKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundIteration
from classifr.customvision.errors import Refused
from classifr.customvision.wire import text_of
from classifr.dependencies import StateDep
from classifr.errors import DatabaseUnavailable
from classifr.state import State
from classifr.vision.port import Iterations
from classifr.vision.schemas import MOST_SHORT_NAME_CHARACTERS

router = APIRouter(
    prefix="/projects/{project_id}/iterations/{iteration_id}/publish", route_class=KeyFirst
)


def _can_be_in_an_address(name: str) -> str:
    if name in (".", ".."):
        raise PydanticCustomError(
            ErrorCode.INVALID_PUBLISH_NAME, "Dots alone lead elsewhere. Choose another name."
        )
    return name


Name = Annotated[
    str,
    text_of(ErrorCode.INVALID_PUBLISH_NAME, most=MOST_SHORT_NAME_CHARACTERS),
    AfterValidator(_can_be_in_an_address),
    Query(alias="publishName"),
]
# The resource that would answer: here it is this server, whatever it is called.
Resource = Annotated[
    str, text_of(ErrorCode.INVALID_PUBLISH_TARGET, most=512), Query(alias="predictionId")
]


@router.post("")
async def publish_iteration(
    state: StateDep,
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
    async with _change(state) as iterations:
        await iterations.publish(
            iteration.project_id,
            iteration.id,
            name=name,
            username=user.username,
            replace=overwrite,
            resource_id=resource_id,
        )
    return True


@router.delete("", status_code=204)
async def unpublish_iteration(state: StateDep, iteration: FoundIteration) -> None:
    """Have it answer no more."""
    async with _change(state) as iterations:
        await iterations.unpublish(iteration.project_id, iteration.id)


@asynccontextmanager
async def _change(state: State) -> AsyncIterator[Iterations]:
    """A change to what is published, which this process knows of once it is made.

    Clients classify as soon as they have published; other processes follow within a second.
    """
    async with state.database.transaction() as session:
        yield state.vision.workspace(session).iterations
    # It is made, whatever becomes of the database now.
    with suppress(DatabaseUnavailable):
        await state.vision.catch_up()
