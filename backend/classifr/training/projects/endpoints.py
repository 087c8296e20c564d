"""Projects: /projects."""

from fastapi import APIRouter, status

from classifr.accounts.dependencies import TrainerUser
from classifr.dependencies import WorkspaceDep
from classifr.errors import (
    BuiltinProject,
    IterationNotPublished,
    LimitReached,
    OneTagOnly,
    ProjectNameTaken,
    ProjectPublished,
    Unprocessable,
)
from classifr.openapi import ADMIN_ERRORS, BODY_ERRORS, ENGINE_ERRORS, error_responses
from classifr.training.dependencies import PROJECT_ERRORS, ProjectId
from classifr.training.projects.schemas import (
    ProjectCreate,
    ProjectPage,
    ProjectRead,
    ProjectUpdate,
)

router = APIRouter(
    prefix="/projects",
    tags=["projects"],
    responses=error_responses(*ADMIN_ERRORS, *ENGINE_ERRORS),
)


@router.get("", summary="List the projects")
async def list_projects(workspace: WorkspaceDep, _: TrainerUser) -> ProjectPage:
    """All of them, by name; the built-in one last."""
    found = await workspace.projects.list()
    return ProjectPage(items=[ProjectRead.model_validate(project) for project in found])


@router.post(
    "",
    summary="Create a project",
    status_code=status.HTTP_201_CREATED,
    responses=error_responses(
        *ADMIN_ERRORS, *BODY_ERRORS, *ENGINE_ERRORS, ProjectNameTaken, LimitReached
    ),
)
async def create_project(
    workspace: WorkspaceDep, _: TrainerUser, payload: ProjectCreate
) -> ProjectRead:
    """Then create its tags, add images, train, and publish."""
    created = await workspace.projects.create(
        name=payload.name,
        description=payload.description,
        classification_type=payload.classification_type,
        domain_id=payload.custom_vision.domain_id,
        settings=payload.custom_vision.settings,
    )
    return ProjectRead.model_validate(created)


@router.get(
    "/{project}",
    summary="Read a project",
    responses=error_responses(*PROJECT_ERRORS, Unprocessable),
)
async def read_project(workspace: WorkspaceDep, project_id: ProjectId) -> ProjectRead:
    """With the totals of its tags and images."""
    return ProjectRead.model_validate(await workspace.projects.get(str(project_id)))


@router.patch(
    "/{project}",
    summary="Change a project",
    responses=error_responses(
        *PROJECT_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        OneTagOnly,
        IterationNotPublished,
        ProjectNameTaken,
    ),
)
async def update_project(
    workspace: WorkspaceDep, project_id: ProjectId, payload: ProjectUpdate
) -> ProjectRead:
    """Only what is sent. It can become Multiclass while no image has several tags."""
    changed = await workspace.projects.update(
        project_id,
        name=payload.name,
        description=payload.description,
        classification_type=payload.classification_type,
        is_default=payload.is_default,
    )
    return ProjectRead.model_validate(changed)


@router.delete(
    "/{project}",
    summary="Delete a project",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(*PROJECT_ERRORS, Unprocessable, BuiltinProject, ProjectPublished),
)
async def delete_project(workspace: WorkspaceDep, project_id: ProjectId) -> None:
    """With its tags, images and iterations; refused while one is published."""
    await workspace.projects.delete(project_id)
