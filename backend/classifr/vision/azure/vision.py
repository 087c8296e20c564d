"""Azure Custom Vision behind the port."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.errors import (
    IterationNotFound,
    IterationNotTrained,
    NotPublished,
    NotReady,
    NotSupported,
)
from classifr.kinds import Capability, IterationStatus
from classifr.settings import Settings, UploadSettings
from classifr.vision.azure.answering import Answerer, Classifying, Trying
from classifr.vision.azure.client.clients import (
    PredictionConnection,
    check_settings,
    open_prediction,
    open_training,
)
from classifr.vision.azure.images.addition import check_file
from classifr.vision.azure.installation import Installation
from classifr.vision.classification import Classification
from classifr.vision.port import Workspace
from classifr.vision.reports import Reports
from classifr.vision.values import (
    LATEST_OF_DEFAULT,
    IterationValue,
    ProjectValue,
    SuggestedImages,
    Suggestion,
    Target,
)

#: What Custom Vision takes for a prediction.
_MOST_BYTES = 4 * 1024**2


class AzureVision:
    """Asks Custom Vision. What is asked, and what people said of it, stays in our database."""

    def __init__(self, settings: Settings) -> None:
        """Raises: SettingsInvalid if something that it needs is not set."""
        check_settings(settings.azure)
        self._settings = settings
        self._limits = UploadSettings(
            max_bytes=min(settings.upload.max_bytes, _MOST_BYTES),
            max_pixels=settings.upload.max_pixels,
        )
        self._prediction: PredictionConnection | None = None
        self._installation: Installation | None = None

    @property
    def is_ready(self) -> bool:
        return self._installation is not None

    async def open(self) -> None:
        # Importing the client takes a while; asking Custom Vision could take longer, so that
        # what is wrong there is said to those who ask.
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        installation, self._installation = self._installation, None
        if installation is not None:
            await installation.close()
        if self._prediction is not None:
            await self._prediction.close()

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.ARCHIVES})

    async def prepare(self, session: AsyncSession) -> None:
        """Nothing of it is in our database."""

    async def tidy(self, *, keep: timedelta) -> int:
        return 0

    async def catch_up(self) -> None:
        """Azure knows what is published there."""

    async def classify(self, data: bytes, target: Target = LATEST_OF_DEFAULT) -> Classification:
        installation, prediction = self._opened()
        facts = await asyncio.to_thread(check_file, data, self._limits)
        answerer = await self._find(target)
        try:
            return await prediction.read(Classifying(answerer, data, facts))
        except IterationNotFound:
            # It was unpublished since, and nothing was done.
            installation.directory.forget_iterations(answerer.project.id)
            answerer = await self._find(target)
        try:
            return await prediction.read(Classifying(answerer, data, facts))
        except IterationNotFound as error:
            raise NotPublished from error

    async def try_iteration(
        self, data: bytes, project: ProjectValue, iteration: IterationValue
    ) -> Classification:
        installation, _ = self._opened()
        if iteration.status != IterationStatus.COMPLETED:
            raise IterationNotTrained
        facts = await asyncio.to_thread(check_file, data, self._limits)
        return await installation.training.read(Trying(project, iteration, data, facts))

    async def suggest(
        self, project: ProjectValue, iteration: IterationValue, image_ids: Sequence[UUID]
    ) -> Sequence[Suggestion]:
        raise NotSupported

    async def find_suggested(
        self,
        project: ProjectValue,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        threshold: float = 0.0,
    ) -> SuggestedImages:
        raise NotSupported

    async def tags(self, target: Target = LATEST_OF_DEFAULT) -> tuple[str, ...]:
        installation, _ = self._opened()
        answerer = await self._find(target)
        value = await installation.facts.value(answerer.iteration, number=0)
        return tuple(tag.name for tag in value.tags)

    def workspace(self, session: AsyncSession) -> Workspace:
        return self._opened()[0].workspace

    @property
    def reports(self) -> Reports:
        return self._opened()[0].reports

    async def _find(self, target: Target) -> Answerer:
        """Who answers. Raises: ProjectNotFound, NotPublished."""
        directory = self._opened()[0].directory
        if target.project is None:
            project = await directory.default_project(may_be_old=True)
        else:
            project = await directory.project(target.project, may_be_old=True)
        name = target.published_name
        if name is None and await directory.is_default(project.id, may_be_old=True):
            name = self._settings.azure.published_name
        published = [
            iteration
            for iteration in await directory.iterations(project.id, may_be_old=True)
            if iteration.published_name is not None and name in (None, iteration.published_name)
        ]
        if not published:
            raise NotPublished
        latest = max(published, key=lambda one: one.trained_at or one.created_at)
        return Answerer(project, latest, str(latest.published_name))

    def _open(self) -> None:
        azure, max_waiting = self._settings.azure, self._settings.engine.max_waiting
        self._prediction = open_prediction(azure, max_waiting=max_waiting)
        training = open_training(azure, max_waiting=max_waiting)
        self._installation = Installation.over(training, self._settings)

    def _opened(self) -> tuple[Installation, PredictionConnection]:
        """Raises: NotReady before `open`."""
        if self._installation is None or self._prediction is None:
            raise NotReady
        return self._installation, self._prediction
