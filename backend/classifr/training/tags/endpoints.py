"""The tags of a project: /projects/{project}/tags."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, status

from classifr.dependencies import WorkspaceDep
from classifr.errors import (
    BuiltinProject,
    LimitReached,
    NegativeAndRegularTag,
    NegativeTagTaken,
    TagNameTaken,
    TagNotFound,
    Unprocessable,
)
from classifr.openapi import BODY_ERRORS, error_responses
from classifr.training.dependencies import PROJECT_ERRORS, PathText, ProjectId
from classifr.training.tags.schemas import ProjectTagPage, ProjectTagRead, TagCreate, TagUpdate

router = APIRouter(
    prefix="/projects/{project}/tags",
    tags=["project tags"],
    responses=error_responses(*PROJECT_ERRORS, Unprocessable),
)


async def find_tag(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    tag: Annotated[PathText, Path(description="Its id, or its exact name.")],
) -> UUID:
    """The id of the tag in the address. Raises: TagNotFound."""
    (tag_id,) = await workspace.tags.resolve(project_id, [tag])
    return tag_id


TagId = Annotated[UUID, Depends(find_tag)]


@router.get("", summary="List the tags of a project")
async def list_project_tags(workspace: WorkspaceDep, project_id: ProjectId) -> ProjectTagPage:
    """All of them, by name."""
    found = await workspace.tags.list(project_id)
    return ProjectTagPage(items=[ProjectTagRead.model_validate(tag) for tag in found])


@router.post(
    "",
    summary="Create a tag",
    status_code=status.HTTP_201_CREATED,
    responses=error_responses(
        *PROJECT_ERRORS, *BODY_ERRORS, BuiltinProject, LimitReached, TagNameTaken, NegativeTagTaken
    ),
)
async def create_tag(
    workspace: WorkspaceDep, project_id: ProjectId, payload: TagCreate
) -> ProjectTagRead:
    """A project has one negative tag at most."""
    created = await workspace.tags.create(
        project_id, name=payload.name, description=payload.description, tag_type=payload.type
    )
    return ProjectTagRead.model_validate(created)


@router.patch(
    "/{tag}",
    summary="Change a tag",
    responses=error_responses(
        *PROJECT_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        NegativeAndRegularTag,
        NegativeTagTaken,
        TagNameTaken,
        TagNotFound,
    ),
)
async def update_tag(
    workspace: WorkspaceDep, project_id: ProjectId, tag_id: TagId, payload: TagUpdate
) -> ProjectTagRead:
    """Only what is sent. A new name shows in what is published, too."""
    changed = await workspace.tags.update(
        project_id,
        tag_id,
        name=payload.name,
        description=payload.description,
        tag_type=payload.type,
    )
    return ProjectTagRead.model_validate(changed)


@router.delete(
    "/{tag}",
    summary="Delete a tag",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(*PROJECT_ERRORS, BuiltinProject, TagNotFound),
)
async def delete_tag(workspace: WorkspaceDep, project_id: ProjectId, tag_id: TagId) -> None:
    """Its images stay, without it. What is published goes on answering with it."""
    await workspace.tags.delete(project_id, tag_id)
