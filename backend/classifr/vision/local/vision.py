"""The engine of this package behind the port."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.concurrency import RETRY_AFTER_SECONDS, BoundedExecutor, ExecutorFull
from classifr.engine.classifier import classify
from classifr.engine.cores import usable_cores
from classifr.engine.functional import Float64Array, softmax
from classifr.engine.images.preprocessing import UInt8Array
from classifr.errors import DatabaseUnavailable, NotReady, Overloaded, ProjectNotFound
from classifr.kinds import Capability
from classifr.vision.classification import Classification
from classifr.vision.images import facts_of
from classifr.vision.local.builtin import ensure_builtin_project
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.installation import Installation
from classifr.vision.local.publishing.models import SHOWN_DECIMALS, Model, imagenet_model
from classifr.vision.port import Workspace
from classifr.vision.reports import Reports
from classifr.vision.values import (
    LATEST_OF_DEFAULT,
    IterationValue,
    Novelty,
    ProjectValue,
    SuggestedImages,
    Suggestion,
    Target,
)


def default_sessions(processes: int = 1) -> int:
    """Images that one of so many processes works on at the same time: the cores, shared out."""
    return max(1, usable_cores() // processes)


class LocalVision:
    """Classifies on this machine's processor; fresh from the box, with ImageNet's tags."""

    def __init__(
        self,
        backbones: Backbones,
        *,
        sessions: int,
        max_waiting: int,
        max_pixels: int,
        installation: Installation | None = None,
    ) -> None:
        """sessions: images worked on at the same time; max_waiting: how many more may wait.

        max_pixels: larger images are refused before they are decoded.
        installation: None where there is no database, and so no project.
        """
        self._backbones = backbones
        self._max_pixels = max_pixels
        self._executor = BoundedExecutor(threads=sessions, max_waiting=max_waiting)
        self._installation = installation
        self._imagenet: Model | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        if self._imagenet is None:
            return False
        return self._installation is None or self._installation.published.is_ready

    async def open(self) -> None:
        backbone = await self._executor.run(self._backbones.default)
        self._imagenet = imagenet_model(backbone)
        if self._installation is not None:
            published = self._installation.published
            self._watch = asyncio.create_task(published.watch())
            while not published.is_ready:
                with suppress(DatabaseUnavailable):
                    await published.refresh()

    async def close(self) -> None:
        self._imagenet = None
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        # Off the loop, which has to deliver the answers of what still runs.
        await asyncio.to_thread(self._executor.close)
        if self._installation is not None:
            await asyncio.to_thread(self._installation.workspaces.close)

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(Capability)

    async def prepare(self, session: AsyncSession) -> None:
        await ensure_builtin_project(session)

    async def tidy(self, *, keep: timedelta) -> int:
        return await self._require_installation().tidy(keep)

    async def catch_up(self) -> None:
        await self._require_installation().published.refresh()

    async def classify(self, data: bytes, target: Target = LATEST_OF_DEFAULT) -> Classification:
        return await self._classify(await self._find(target), data)

    async def try_iteration(
        self, data: bytes, project: ProjectValue, iteration: IterationValue
    ) -> Classification:
        model = await self._require_installation().trials.model(project, iteration)
        return await self._classify(model, data)

    async def suggest(
        self, project: ProjectValue, iteration: IterationValue, image_ids: Sequence[UUID]
    ) -> Sequence[Suggestion]:
        installation = self._require_installation()
        model = await installation.trials.model(project, iteration)
        return await installation.suggestions.suggest(model, self._executor, image_ids)

    async def find_suggested(
        self,
        project: ProjectValue,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        threshold: float = 0.0,
    ) -> SuggestedImages:
        installation = self._require_installation()
        model = await installation.trials.model(project, iteration)
        return await installation.suggestions.search(
            model, self._executor, tag_ids=tag_ids, threshold=threshold
        )

    async def tags(self, target: Target = LATEST_OF_DEFAULT) -> tuple[str, ...]:
        return (await self._find(target)).outputs.names

    def workspace(self, session: AsyncSession) -> Workspace:
        return self._require_installation().workspaces.open(session)

    @property
    def reports(self) -> Reports:
        return self._require_installation().reports

    async def _classify(self, model: Model, data: bytes) -> Classification:
        try:
            return await self._executor.run(_classify, model, data, self._max_pixels)
        except ExecutorFull:
            raise Overloaded(retry_after_seconds=RETRY_AFTER_SECONDS) from None

    async def _find(self, target: Target) -> Model:
        if self._imagenet is None or not self.is_ready:
            raise NotReady
        if self._installation is not None:
            return await self._installation.published.find(target)
        if target != LATEST_OF_DEFAULT:
            raise ProjectNotFound("Without a database there are no projects.")
        return self._imagenet

    def _require_installation(self) -> Installation:
        if self._installation is None:
            raise NotReady
        return self._installation


def _classify(model: Model, data: bytes, max_pixels: int) -> Classification:
    image = model.backbone.read(data, max_pixels=max_pixels)
    # One image: (H, W, C) -> (1, H, W, C).
    probabilities, novelty = _answer(model, image.pixels[np.newaxis])
    likeliest_first = (-probabilities).argsort(kind="stable")
    return Classification(
        image=facts_of(data, image.header),
        project_id=model.project_id,
        project=model.project,
        iteration=model.iteration,
        iteration_id=model.iteration_id,
        outputs=model.outputs,
        order=likeliest_first,
        probabilities=probabilities[likeliest_first].round(SHOWN_DECIMALS).tolist(),
        novelty=novelty,
    )


def _answer(model: Model, pixels: UInt8Array) -> tuple[Float64Array, Novelty | None]:
    """The probability of each tag of the one image."""
    if model.classifier is None:
        return softmax(model.backbone.session.logits(pixels))[0], None
    answers = classify(model.classifier, model.backbone.embeddings(pixels))
    novelty = Novelty(
        score=round(float(answers.novelty_scores[0]), SHOWN_DECIMALS),
        is_novel=bool(answers.is_novel[0]),
    )
    return answers.probabilities[0], novelty
