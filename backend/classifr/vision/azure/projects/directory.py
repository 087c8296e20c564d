"""The names of projects and iterations, remembered for a moment."""

from uuid import UUID

from classifr.errors import IterationNotFound, ProjectNotFound
from classifr.kinds import LATEST
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import (
    AzureIteration,
    AzureProject,
    to_iterations,
    to_project,
)
from classifr.vision.azure.remembered import Remembered
from classifr.vision.values import as_id

#: After so long, what others changed is seen.
_FRESH_SECONDS = 3.0
_DOMAINS_SECONDS = 3600.0
_DETECTION = "ObjectDetection"


class Directory:
    """Which projects and iterations there are."""

    def __init__(self, training: TrainingConnection, *, default: str) -> None:
        """default: id or name of the project that answers by default."""
        self._training = training
        self._default = default
        self._projects: Remembered[None, list[AzureProject]] = Remembered(
            self._read_projects, seconds=_FRESH_SECONDS
        )
        self._detection_domains: Remembered[None, frozenset[UUID]] = Remembered(
            self._read_detection_domains, seconds=_DOMAINS_SECONDS
        )
        self._iterations: Remembered[UUID, list[AzureIteration]] = Remembered(
            self._read_iterations, seconds=_FRESH_SECONDS
        )

    async def projects(self, *, may_be_old: bool = False) -> list[AzureProject]:
        """All of them, by name."""
        return await self._projects.get(None, may_be_old=may_be_old)

    async def project(self, named: str, *, may_be_old: bool = False) -> AzureProject:
        """The project of this id or name; ids win. Raises: ProjectNotFound."""
        projects = await self.projects(may_be_old=may_be_old)
        project_id = as_id(named)
        for project in projects:
            if project.id == project_id:
                return project
        for project in projects:
            if project.name == named:
                return project
        raise ProjectNotFound

    async def default_project(self, *, may_be_old: bool = False) -> AzureProject:
        """The one that the settings name. Raises: ProjectNotFound."""
        try:
            return await self.project(self._default, may_be_old=may_be_old)
        except ProjectNotFound:
            raise ProjectNotFound(
                f"Custom Vision has no project “{self._default}”, which CLASSIFR_AZURE__PROJECT "
                "names. Create it, or name another."
            ) from None

    async def is_default(self, project_id: UUID, *, may_be_old: bool = False) -> bool:
        """Whether it answers by default."""
        try:
            return (await self.default_project(may_be_old=may_be_old)).id == project_id
        except ProjectNotFound:
            return False

    async def iterations(
        self, project_id: UUID, *, may_be_old: bool = False
    ) -> list[AzureIteration]:
        """Those of a project, newest first. Raises: ProjectNotFound."""
        return await self._iterations.get(project_id, may_be_old=may_be_old)

    async def iteration(self, project_id: UUID, named: str) -> AzureIteration:
        """The iteration of this id, name, published name, or `latest`.

        Raises: IterationNotFound, ProjectNotFound.
        """
        iterations = await self.iterations(project_id)
        wanted = as_id(named)
        for is_it in (
            lambda one: one.id == wanted,
            lambda one: one.name == named,
            lambda one: one.published_name == named,
            lambda one: named == LATEST and one.trained_at is not None,
            lambda one: named == LATEST,
        ):
            for iteration in iterations:
                if is_it(iteration):
                    return iteration
        raise IterationNotFound

    def forget_projects(self) -> None:
        """A project is not what it was."""
        self._projects.forget(None)

    def forget_iterations(self, project_id: UUID) -> None:
        """An iteration of the project is not what it was."""
        self._iterations.forget(project_id)

    async def _read_projects(self, _: None) -> list[AzureProject]:
        projects = await self._training.read(
            lambda sdk: [to_project(project) for project in sdk.get_projects()]
        )
        others = await self._detection_domains.get(None) if projects else frozenset()
        return sorted(
            (project for project in projects if project.domain_id not in others),
            key=lambda project: (project.name.lower(), project.name),
        )

    async def _read_detection_domains(self, _: None) -> frozenset[UUID]:
        """The domains of projects that find objects in images, which nothing here can show."""
        return await self._training.read(
            lambda sdk: frozenset(
                UUID(domain.id) for domain in sdk.get_domains() if domain.type == _DETECTION
            )
        )

    async def _read_iterations(self, project_id: UUID) -> list[AzureIteration]:
        return await self._training.read(
            lambda sdk: to_iterations(sdk.get_iterations(str(project_id)))
        )
