"""Projects in Custom Vision."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from classifr.errors import NotSupported, ProjectNameTaken, ProjectPublished
from classifr.kinds import ClassificationType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import AzureProject, to_project
from classifr.vision.azure.projects.counting import Counting
from classifr.vision.azure.projects.directory import Directory
from classifr.vision.values import ProjectValue


class AzureProjects:
    """As `Projects`."""

    def __init__(
        self,
        training: TrainingConnection,
        directory: Directory,
        counting: Counting,
    ) -> None:
        self._training = training
        self._directory = directory
        self._counting = counting

    async def create(
        self,
        *,
        name: str,
        description: str,
        classification_type: ClassificationType,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        if settings:
            raise NotSupported
        before = {project.id for project in await self._named(name)}
        if before:
            raise ProjectNameTaken
        created = await self._training.change(
            lambda sdk: to_project(
                sdk.create_project(
                    name,
                    description=description,
                    domain_id=str(domain_id) if domain_id else None,
                    classification_type=str(classification_type),
                )
            ),
            find=lambda: self._created_since(name, before),
        )
        self._directory.forget_projects()
        return await self._value(created)

    async def list(self) -> Sequence[ProjectValue]:
        projects = await self._directory.projects()
        return await asyncio.gather(*(self._value(project) for project in projects))

    async def get(self, project: str) -> ProjectValue:
        return await self._value(await self._directory.project(project))

    async def resolve(self, project: str) -> UUID:
        return (await self._directory.project(project)).id

    async def update(
        self,
        project_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        classification_type: ClassificationType | None = None,
        is_default: bool | None = None,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        if settings:
            raise NotSupported
        before = await self._directory.project(str(project_id))
        if is_default is not None and is_default != await self._directory.is_default(project_id):
            raise NotSupported(
                "CLASSIFR_AZURE__PROJECT says which project answers by default. Set it there."
            )
        if name not in (None, before.name) and await self._named(str(name)):
            raise ProjectNameTaken

        # All of it is sent, because what is left out may be taken for empty.
        project = await self._training.read(lambda sdk: sdk.get_project(str(project_id)))
        if name is not None:
            project.name = name
        if description is not None:
            project.description = description
        if classification_type is not None:
            project.settings.classification_type = str(classification_type)
        if domain_id is not None:
            project.settings.domain_id = str(domain_id)
        changed = await self._training.change(
            lambda sdk: to_project(sdk.update_project(str(project_id), project))
        )
        self._directory.forget_projects()
        return await self._value(changed)

    async def delete(self, project_id: UUID) -> None:
        iterations = await self._directory.iterations(project_id)
        if any(iteration.published_name is not None for iteration in iterations):
            raise ProjectPublished
        await self._training.change(lambda sdk: sdk.delete_project(str(project_id)))
        self._directory.forget_projects()
        self._counting.forget(project_id)

    async def copy(self, project_id: UUID, *, name: str | None = None) -> ProjectValue:
        raise NotSupported

    async def _named(self, name: str) -> Sequence[AzureProject]:
        """Those of this name now: Custom Vision itself does not always mind two."""
        self._directory.forget_projects()
        return [project for project in await self._directory.projects() if project.name == name]

    async def _created_since(self, name: str, before: set[UUID]) -> AzureProject | None:
        new = [project for project in await self._named(name) if project.id not in before]
        return new[0] if new else None

    async def _value(self, project: AzureProject) -> ProjectValue:
        counts = await self._counting.counts(project.id)
        return ProjectValue(
            id=project.id,
            name=project.name,
            description=project.description,
            classification_type=project.classification_type,
            is_builtin=False,
            is_default=await self._directory.is_default(project.id),
            tag_count=counts.tags,
            image_count=counts.images,
            untagged_count=counts.untagged,
            created_at=project.created_at,
            updated_at=project.updated_at,
            domain_id=project.domain_id,
            settings={},
            status=project.status,
        )
