"""The tags of a project: /projects/{projectId}/tags."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from classifr.customvision.access import KeyFirst
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import IterationId, ProjectId, iteration_by_id
from classifr.customvision.errors import answering
from classifr.customvision.tags.schemas import (
    Description,
    Tag,
    TagName,
    TagType,
    TagUpdate,
    of_iteration,
)
from classifr.dependencies import WorkspaceDep
from classifr.errors import LimitReached, TagNotFound
from classifr.kinds import TagType as KnownTagType
from classifr.vision.port import Workspace

router = APIRouter(
    prefix="/projects/{project_id}/tags",
    route_class=KeyFirst,
    dependencies=[answering({LimitReached: ErrorCode.EXCEED_TAG_LIMIT})],
)


@router.get("")
async def get_tags(
    workspace: WorkspaceDep, project_id: ProjectId, iteration_id: IterationId = None
) -> list[Tag]:
    """All of them, by name; or those that an iteration learned."""
    return await _tags(workspace, project_id, iteration_id)


@router.get("/{tag_id}")
async def get_tag(
    workspace: WorkspaceDep, project_id: ProjectId, tag_id: UUID, iteration_id: IterationId = None
) -> Tag:
    """One of them. Raises: TagNotFound."""
    return _only(await _tags(workspace, project_id, iteration_id), tag_id)


@router.post("")
async def create_tag(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    name: TagName,
    description: Description = "",
    tag_type: Annotated[TagType, Query(alias="type")] = KnownTagType.REGULAR,
) -> Tag:
    """At most one of a project is negative."""
    created = await workspace.tags.create(
        project_id, name=name, description=description.strip(), tag_type=tag_type
    )
    return Tag.model_validate(created)


@router.patch("/{tag_id}")
async def update_tag(
    workspace: WorkspaceDep, project_id: ProjectId, tag_id: UUID, payload: TagUpdate
) -> Tag:
    """Only what is sent. A new name shows in what is published, too."""
    changed = await workspace.tags.update(
        project_id,
        tag_id,
        name=payload.name,
        description=payload.description,
        tag_type=payload.type,
    )
    return Tag.model_validate(changed)


@router.delete("/{tag_id}", status_code=204)
async def delete_tag(workspace: WorkspaceDep, project_id: ProjectId, tag_id: UUID) -> None:
    """Its images stay, without it. What is published goes on answering with it."""
    await workspace.tags.delete(project_id, tag_id)


async def _tags(workspace: Workspace, project_id: UUID, iteration_id: UUID | None) -> list[Tag]:
    present = await workspace.tags.list(project_id)
    if iteration_id is None:
        return [Tag.model_validate(tag) for tag in present]
    iteration = await iteration_by_id(workspace.iterations, project_id, iteration_id)
    by_id = {tag.id: tag for tag in present}
    return [of_iteration(tag, by_id.get(tag.id)) for tag in iteration.tags]


def _only(tags: list[Tag], tag_id: UUID) -> Tag:
    found = next((tag for tag in tags if tag.id == tag_id), None)
    if found is None:
        raise TagNotFound
    return found
