"""Reports on the iterations of the local engine."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from classifr.database.models import TrainingImage
from classifr.database.session import Database
from classifr.engine.classifier import ClassifierDamaged, classifier_from_bytes
from classifr.errors import (
    BackboneInvalid,
    BuiltinProject,
    ImageGone,
    IterationNotTrained,
    NotReady,
)
from classifr.kinds import ImageOrder, IterationStatus
from classifr.storage.port import Storage
from classifr.vision.judging.images import image_performance, rows_with_tags
from classifr.vision.judging.judgement import Judgement
from classifr.vision.judging.report import find_cell, make_report
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.iterations.comparing import compare_iterations
from classifr.vision.local.iterations.files import model_key
from classifr.vision.local.iterations.judgements import Judgements
from classifr.vision.port import BUILTIN_PROJECT_ID
from classifr.vision.reports import (
    CellImages,
    Comparison,
    ImagePerformancePage,
    JudgedImage,
    Report,
)
from classifr.vision.values import IterationValue


class LocalReports:
    """As `Reports`; keeps the judgements used last in memory."""

    def __init__(self, database: Database, storage: Storage, backbones: Backbones) -> None:
        self._database = database
        self._storage = storage
        self._backbones = backbones
        self._judgements = Judgements(storage)

    async def report(
        self, iteration: IterationValue, *, threshold: float, with_curves: bool = False
    ) -> Report:
        judgement = await self._judgement(iteration)
        report = await self._judgements.compute(
            lambda: make_report(
                judgement, iteration.tags, threshold=threshold, with_curves=with_curves
            )
        )
        return replace(report, mistakes=await self._with_deleted(report.mistakes))

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
        return replace(cell, images=await self._with_deleted(cell.images))

    async def image_performances(
        self,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> ImagePerformancePage:
        judgement = await self._judgement(iteration)
        rows = rows_with_tags(judgement, iteration.tags, tag_ids)
        there = await self._known([judgement.image_ids[row] for row in rows])
        # By their ids, which is by when they were added.
        chosen = sorted(
            (row for row in rows if judgement.image_ids[row] in there),
            key=lambda row: judgement.image_ids[row],
            reverse=order is ImageOrder.NEWEST,
        )
        return ImagePerformancePage(
            count=len(chosen),
            images=[
                image_performance(judgement, iteration.tags, row)
                for row in chosen[skip : skip + limit]
            ],
        )

    async def compare(self, iteration: IterationValue, reference: IterationValue) -> Comparison:
        require_trained(iteration)
        require_trained(reference)
        return await compare_iterations(self._database, self._judgements, iteration, reference)

    async def export(self, iteration: IterationValue) -> bytes:
        require_trained(iteration)
        try:
            data = await self._storage.get(model_key(iteration.id))
            return await self._judgements.compute(lambda: self._export(iteration, data))
        except (ImageGone, ClassifierDamaged) as error:
            raise IterationNotTrained(
                "The model of this iteration is missing or damaged. Train again."
            ) from error
        except BackboneInvalid as error:
            raise NotReady(f"This iteration cannot be exported. {error}") from error

    def _export(self, iteration: IterationValue, data: bytes) -> bytes:
        # Importing onnx is slow, and only needed here.
        from classifr.engine.export.archive import export_archive  # noqa: PLC0415
        from classifr.engine.export.graph import ExportImpossible  # noqa: PLC0415

        # A tag may have got another name since.
        names = tuple(tag.name for tag in iteration.tags)
        classifier = replace(classifier_from_bytes(data), tags=names)
        backbone, model = self._backbones.read(classifier.backbone_key)
        try:
            return export_archive(classifier, backbone, model, iteration=iteration.name)
        except ExportImpossible as error:
            raise BackboneInvalid(f"The backbone cannot be exported: {error}.") from error

    async def _judgement(self, iteration: IterationValue) -> Judgement:
        require_trained(iteration)
        return (await self._judgements.get(iteration.id)).judgement

    async def _with_deleted(self, images: Sequence[JudgedImage]) -> list[JudgedImage]:
        """The images, those marked that are in no project any more."""
        if not images:
            return []
        there = await self._known([image.image_id for image in images])
        return [replace(image, is_deleted=image.image_id not in there) for image in images]

    async def _known(self, image_ids: Sequence[UUID]) -> set[UUID]:
        """Which of the images are still there."""
        # One array: there may be more of them than a statement takes parameters.
        chosen = TrainingImage.id == any_(literal(image_ids, ARRAY(Uuid)))
        async with self._database.lone_statement() as session:
            return set(await session.scalars(select(TrainingImage.id).where(chosen)))


def require_trained(iteration: IterationValue) -> None:
    """Raises: IterationNotTrained, or BuiltinProject for what was trained elsewhere."""
    if iteration.project_id == BUILTIN_PROJECT_ID:
        raise BuiltinProject("ImageNet's iteration was not trained here: there is no report of it.")
    if iteration.status != IterationStatus.COMPLETED:
        raise IterationNotTrained
