"""Copies of projects: /projects/{projectId}/export and /projects/import."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from classifr.customvision.access import KeyFirst, TrainingKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundProject
from classifr.customvision.errors import Refused, answering
from classifr.customvision.projects.schemas import Project, ProjectName, to_project
from classifr.customvision.projects.tokens import Tokens
from classifr.customvision.wire import WireModel
from classifr.dependencies import WorkspaceDep
from classifr.errors import LimitReached, ProjectNotFound
from classifr.kinds import ProjectStatus
from classifr.vision.port import Projects

#: Before the routes of one project, or `import` would be taken for an id.
router = APIRouter(
    prefix="/projects",
    route_class=KeyFirst,
    dependencies=[answering({LimitReached: ErrorCode.EXCEED_PROJECT_LIMIT})],
)

# About what copying an image takes; clients wait for so long before they look.
_MILLISECONDS_PER_IMAGE = 5
_MILLISECONDS = 1000


class ProjectExport(WireModel):
    """What a copy would have, and the token to make one."""

    iteration_count: int = 0  #: Iterations are not copied: training again takes seconds.
    image_count: int
    tag_count: int
    region_count: int = 0
    estimated_import_time_in_ms: Annotated[int, Field(alias="estimatedImportTimeInMS")]
    token: str


@router.post("/import")
async def import_project(
    workspace: WorkspaceDep,
    _: TrainingKey,
    tokens: Tokens,
    token: str,
    name: ProjectName | None = None,
) -> Project:
    """A new project that gets the tags and images of the one exported, in a while."""
    original_id = tokens.read(token)
    await _require(workspace.projects, original_id)
    return to_project(await workspace.projects.copy(original_id, name=name))


@router.get("/{project_id}/export")
async def export_project(project: FoundProject, tokens: Tokens) -> ProjectExport:
    """A token for `import_project` of this server, good for a day."""
    if project.status is not ProjectStatus.SUCCEEDED:
        raise Refused(
            ErrorCode.BAD_REQUEST, "This project is not whole itself yet. Wait until it is."
        )
    return ProjectExport(
        image_count=project.image_count,
        tag_count=project.tag_count,
        estimated_import_time_in_ms=_MILLISECONDS + _MILLISECONDS_PER_IMAGE * project.image_count,
        token=tokens.sign(project.id),
    )


async def _require(projects: Projects, project_id: UUID) -> None:
    """Raises: ProjectNotFound if it was deleted since it was exported."""
    if (await projects.get(str(project_id))).id != project_id:
        raise ProjectNotFound
