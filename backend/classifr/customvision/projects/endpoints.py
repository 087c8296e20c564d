"""Projects: /projects."""

from typing import Annotated

from fastapi import APIRouter, Query

from classifr.customvision.access import KeyFirst, TrainingKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundProject, ProjectId
from classifr.customvision.errors import answering
from classifr.customvision.projects.domains import GENERAL
from classifr.customvision.projects.schemas import (
    Classification,
    CreateProjectOptions,
    Description,
    DomainId,
    Platforms,
    Project,
    ProjectName,
    ProjectSettings,
    ProjectUpdate,
    to_project,
)
from classifr.customvision.wire import Text
from classifr.dependencies import WorkspaceDep
from classifr.errors import LimitReached
from classifr.kinds import ClassificationType

router = APIRouter(
    prefix="/projects",
    route_class=KeyFirst,
    dependencies=[answering({LimitReached: ErrorCode.EXCEED_PROJECT_LIMIT})],
)


@router.get("")
async def get_projects(workspace: WorkspaceDep, _: TrainingKey) -> list[Project]:
    """All but the built-in one, by name."""
    found = await workspace.projects.list()
    return [to_project(project) for project in found if not project.is_builtin]


@router.post("")
async def create_project(
    workspace: WorkspaceDep,
    _: TrainingKey,
    name: ProjectName,
    description: Description = "",
    domain_id: Annotated[DomainId, Query(alias="domainId")] = GENERAL,
    classification_type: Annotated[
        Classification, Query(alias="classificationType")
    ] = ClassificationType.MULTILABEL,
    platforms: Annotated[Platforms | None, Query(alias="targetExportPlatforms")] = None,
    container: Annotated[Text | None, Query(alias="exportModelContainerUri")] = None,
    queue: Annotated[Text | None, Query(alias="notificationQueueUri")] = None,
    options: CreateProjectOptions | None = None,
) -> Project:
    """Multilabel and in the domain General, as the service has it, if nothing is said."""
    created = await workspace.projects.create(
        name=name,
        description=description.strip(),
        classification_type=classification_type,
        domain_id=domain_id,
        settings=ProjectSettings(
            target_export_platforms=platforms,
            # In the body since v3.4.
            export_model_container_uri=(options and options.export_model_container_uri)
            or container,
            notification_queue_uri=(options and options.notification_queue_uri) or queue,
        ).kept(),
    )
    return to_project(created)


@router.get("/{project_id}")
async def get_project(project: FoundProject) -> Project:
    """One of them."""
    return to_project(project)


@router.patch("/{project_id}")
async def update_project(
    workspace: WorkspaceDep, project: FoundProject, payload: ProjectUpdate
) -> Project:
    """Only what is sent. It can become Multiclass while no image has several tags."""
    sent = payload.settings
    kept = sent.kept() if sent else {}
    changed = await workspace.projects.update(
        project.id,
        name=payload.name,
        description=payload.description,
        classification_type=sent.classification_type if sent else None,
        domain_id=sent.domain_id if sent else None,
        settings={**project.settings, **kept} if kept else None,
    )
    return to_project(changed)


@router.delete("/{project_id}", status_code=204)
async def delete_project(workspace: WorkspaceDep, project_id: ProjectId) -> None:
    """With its tags, images and iterations; refused while one is published."""
    await workspace.projects.delete(project_id)
