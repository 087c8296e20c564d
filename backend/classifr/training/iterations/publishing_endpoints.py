"""Publish, unpublish, roll back: /projects/{project}/iterations/{iteration}/publish and others."""

from typing import Annotated

from fastapi import APIRouter, Query

from classifr.accounts.dependencies import TrainerUser
from classifr.dependencies import WorkspaceDep
from classifr.errors import (
    BuiltinProject,
    CursorInvalid,
    IterationNotPublished,
    IterationNotTrained,
    IterationPublished,
    NothingToRollBack,
    PublishedNameTaken,
    Unprocessable,
)
from classifr.openapi import BODY_ERRORS, error_responses
from classifr.paging import decode_cursor, encode_cursor
from classifr.training.dependencies import PROJECT_ERRORS, ProjectId
from classifr.training.iterations.dependencies import ITERATION_ERRORS, IterationId
from classifr.training.iterations.publishing_schemas import (
    PublicationCreate,
    PublicationPage,
    PublicationRead,
    PublishedName,
    RollBack,
)
from classifr.training.iterations.schemas import IterationRead

router = APIRouter(prefix="/projects/{project}", tags=["publishing"])


@router.post(
    "/iterations/{iteration}/publish",
    summary="Publish an iteration",
    responses=error_responses(
        *ITERATION_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        IterationNotTrained,
        IterationPublished,
        PublishedNameTaken,
    ),
)
async def publish_iteration(
    workspace: WorkspaceDep,
    user: TrainerUser,
    project_id: ProjectId,
    iteration_id: IterationId,
    payload: PublicationCreate,
) -> IterationRead:
    """It answers in every process within a second; until then the one before does."""
    published = await workspace.iterations.publish(
        project_id,
        iteration_id,
        name=payload.name,
        username=user.username,
        replace=payload.replace,
        make_default=payload.make_default,
    )
    return IterationRead.model_validate(published)


@router.post(
    "/iterations/{iteration}/unpublish",
    summary="Unpublish an iteration",
    responses=error_responses(
        *ITERATION_ERRORS, Unprocessable, BuiltinProject, IterationNotPublished
    ),
)
async def unpublish_iteration(
    workspace: WorkspaceDep, project_id: ProjectId, iteration_id: IterationId
) -> IterationRead:
    """If nothing is left to answer by default, ImageNet does."""
    unpublished = await workspace.iterations.unpublish(project_id, iteration_id)
    return IterationRead.model_validate(unpublished)


@router.post(
    "/rollback",
    summary="Roll back to the iteration before",
    responses=error_responses(
        *PROJECT_ERRORS, *BODY_ERRORS, BuiltinProject, IterationPublished, NothingToRollBack
    ),
)
async def roll_back(
    workspace: WorkspaceDep, user: TrainerUser, project_id: ProjectId, payload: RollBack
) -> IterationRead:
    """The iteration that had the published name before has it again; once more goes further back.

    A name that nobody has any more goes to the last that had it.
    """
    restored = await workspace.iterations.roll_back(
        project_id, name=payload.name, username=user.username
    )
    return IterationRead.model_validate(restored)


@router.get(
    "/rollback",
    summary="Say what a rollback would publish",
    responses=error_responses(*PROJECT_ERRORS, NothingToRollBack, Unprocessable),
)
async def read_rollback(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    name: Annotated[PublishedName | None, Query()] = None,
) -> IterationRead:
    """The iteration that `POST` would give the published name back to."""
    return IterationRead.model_validate(await workspace.iterations.earlier(project_id, name=name))


@router.get(
    "/publications",
    summary="List what was published when",
    responses=error_responses(*PROJECT_ERRORS, CursorInvalid, Unprocessable),
)
async def list_publications(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> PublicationPage:
    """Newest first."""
    before_id = decode_cursor(cursor, numbers=1)[0] if cursor is not None else None
    found = await workspace.iterations.publications(
        project_id, before_id=before_id, limit=limit + 1
    )
    page = [PublicationRead.model_validate(publication) for publication in found[:limit]]
    return PublicationPage(
        items=page, next=encode_cursor(page[-1].id) if len(found) > limit else None
    )
