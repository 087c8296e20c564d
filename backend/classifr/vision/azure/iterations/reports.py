"""Reports on the iterations of Custom Vision, computed here from its answers for each image."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np

from classifr.engine.measures.comparison import Contender, compare_models
from classifr.errors import IterationNotTrained, NotSupported
from classifr.kinds import ImageOrder, IterationStatus
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.images.by_ids import images_by_ids
from classifr.vision.azure.iterations.exports import Exports
from classifr.vision.azure.iterations.judgements import Judgements
from classifr.vision.azure.projects.directory import Directory
from classifr.vision.judging.comparison import comparison_value
from classifr.vision.judging.judgement import Judgement
from classifr.vision.judging.report import find_cell, make_report
from classifr.vision.reports import (
    CellImages,
    Comparison,
    ImagePerformancePage,
    JudgedImage,
    Report,
)
from classifr.vision.values import IterationValue


class AzureReports:
    """As `Reports`."""

    def __init__(
        self, training: TrainingConnection, directory: Directory, exports: Exports
    ) -> None:
        self._training = training
        self._directory = directory
        self._exports = exports
        self._judgements = Judgements(training)

    async def report(
        self, iteration: IterationValue, *, threshold: float, with_curves: bool = False
    ) -> Report:
        judgement = await self._judgement(iteration)
        report = await self._judgements.compute(
            lambda: make_report(
                judgement, iteration.tags, threshold=threshold, with_curves=with_curves
            )
        )
        mistakes = await self._with_deleted(iteration.project_id, report.mistakes)
        return replace(report, mistakes=mistakes)

    async def cell_images(
        self,
        iteration: IterationValue,
        *,
        actual: UUID | None,
        predicted: UUID | None,
        threshold: float,
    ) -> CellImages:
        judgement = await self._judgement(iteration)
        cell = await self._judgements.compute(
            lambda: find_cell(
                judgement,
                iteration.tags,
                actual=actual,
                predicted=predicted,
                threshold=threshold,
            )
        )
        return replace(cell, images=await self._with_deleted(iteration.project_id, cell.images))

    async def compare(self, iteration: IterationValue, reference: IterationValue) -> Comparison:
        ours, theirs = await self._judgement(iteration), await self._judgement(reference)
        return await self._judgements.compute(lambda: _compare(iteration, ours, reference, theirs))

    async def image_performances(
        self,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> ImagePerformancePage:
        raise NotSupported

    async def export(self, iteration: IterationValue) -> bytes:
        _require_trained(iteration)
        found = await self._directory.iteration(iteration.project_id, str(iteration.id))
        return await self._exports.download(found)

    async def _judgement(self, iteration: IterationValue) -> Judgement:
        _require_trained(iteration)
        project = await self._directory.project(str(iteration.project_id))
        return await self._judgements.get(iteration, project.classification_type)

    async def _with_deleted(
        self, project_id: UUID, images: Sequence[JudgedImage]
    ) -> list[JudgedImage]:
        """The images, those marked that are in the project no more."""
        wanted = [image.image_id for image in images]
        there = set(
            await images_by_ids(self._training, project_id, wanted, lambda image: UUID(image.id))
        )
        return [replace(image, is_deleted=image.image_id not in there) for image in images]


def _compare(
    iteration: IterationValue, ours: Judgement, reference: IterationValue, theirs: Judgement
) -> Comparison:
    """On the images that both trainings held out: Custom Vision tells of no others."""
    our_rows = {image_id: row for row, image_id in enumerate(ours.image_ids)}
    their_rows = {image_id: row for row, image_id in enumerate(theirs.image_ids)}
    shared = [image_id for image_id in ours.image_ids if image_id in their_rows]
    mine = np.array([our_rows[image_id] for image_id in shared], np.int64)
    others = np.array([their_rows[image_id] for image_id in shared], np.int64)
    names = [tag.name for tag in iteration.tags]
    their_names = [tag.name for tag in reference.tags]
    # What an image shows is what the later training was told, and what only the other one knew.
    lost = [name for name in their_names if name not in names]
    labels = np.zeros((len(shared), len(names) + len(lost)), np.bool_)
    labels[:, : len(names)] = ours.labels[mine]
    for column, name in enumerate(lost, start=len(names)):
        labels[:, column] = theirs.labels[others, their_names.index(name)]
    compared = compare_models(
        Contender(names, ours.probabilities[mine]),
        Contender(their_names, theirs.probabilities[others]),
        [*names, *lost],
        labels,
        ours.kind,
    )
    return comparison_value(compared, iteration, reference)


def _require_trained(iteration: IterationValue) -> None:
    """Raises: IterationNotTrained."""
    if iteration.status != IterationStatus.COMPLETED:
        raise IterationNotTrained
