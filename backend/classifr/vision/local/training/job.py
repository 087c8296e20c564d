"""The training of an iteration, as a job: embed what is new, fit, evaluate, store."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from classifr.database.session import Database
from classifr.engine.classifier import Classifier, classifier_to_bytes
from classifr.engine.cores import usable_cores
from classifr.engine.functional import BoolArray
from classifr.engine.learning.head import HeadKind
from classifr.engine.learning.training import TooFewImages, TrainedModel, train_model
from classifr.engine.measures.calibration import calibration_error
from classifr.engine.measures.metrics import evaluate, top1
from classifr.errors import BackboneInvalid, StorageFull, Unavailable
from classifr.jobs.attempts import Attempt
from classifr.jobs.deferring import defer
from classifr.kinds import TrainingStage
from classifr.settings import TrainingSettings
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones, LoadedBackbone
from classifr.vision.local.embedding.embedder import Embedder, Unusable
from classifr.vision.local.embedding.renewal import IMAGES_PER_JOB
from classifr.vision.local.embedding.rows import find_missing, read_embeddings
from classifr.vision.local.iterations.evaluation import Evaluation, evaluation_to_bytes
from classifr.vision.local.iterations.files import evaluation_key, file_keys, model_key
from classifr.vision.local.task_names import EMBED
from classifr.vision.local.training import rows
from classifr.vision.local.training.data import TrainingData, load_training_data, names_of
from classifr.vision.local.training.embedding import TrainingEmbedder
from classifr.vision.local.training.progress import (
    TrainingProgress,
    TrainingStopped,
    keep_reporting,
    report,
)
from classifr.vision.local.training.rows import Completion, TrainingJob

logger = structlog.get_logger()
T = TypeVar("T")

# In a sentence.
_MOST_NAMES = 5
# Of the metrics that lists show.
_THRESHOLD = 0.5


class TrainingFailed(Exception):
    """The training cannot succeed; the sentence says why and what to do."""


@dataclass(frozen=True, eq=False)
class _Trained:
    """A model, and the data it is of: those images of the project that could be used."""

    data: TrainingData
    model: TrainedModel
    skipped: int
    views: int  #: Of each image.


class Trainer:
    """Trains iterations on this machine's processor."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        backbones: Backbones,
        settings: TrainingSettings,
    ) -> None:
        self._database = database
        self._storage = storage
        self._backbones = backbones
        self._settings = settings

    async def train(self, attempt: Attempt) -> None:
        """Train the iteration of the attempt; its row tells how that goes, and how it ended.

        It may be done again after any interruption, and then goes on where it was.
        Raises: Unavailable if it may be tried again.
        """
        iteration_id = attempt.row_id
        async with self._database.transaction() as session:
            job = await rows.find_job(session, iteration_id)
        if job is None:
            return
        try:
            if attempt.is_one_too_many:
                raise TrainingFailed(
                    f"The training was interrupted {attempt.number - 1} times. Its worker may have "
                    "too little memory: look at its log, then train again."
                )
            await self._train(job)
        except TrainingStopped:
            await self._end(job, rows.cancel)
        except Unavailable as error:
            if not attempt.is_last:
                raise
            await self._fail(job, f"{error.detail} It was tried {attempt.number} times.")
        except StorageFull:
            await self._fail(
                job, "There is no room left to store the model. Free some, then train again."
            )
        except (TrainingFailed, BackboneInvalid) as error:
            await self._fail(job, str(error))
        except Exception as error:
            logger.exception("training_failed", iteration_id=str(iteration_id))
            await self._fail(
                job,
                f"The training failed unexpectedly ({type(error).__name__}). "
                "The log of the worker says more.",
            )

    async def embed(self, attempt: Attempt) -> None:
        """Embed some of the images of the attempt's project, and line up the rest."""
        if attempt.is_one_too_many:
            logger.warning("embedding_given_up", project_id=str(attempt.row_id))
            return
        backbone = await asyncio.to_thread(self._backbones.for_training)
        async with self._database.transaction() as session:
            missing = await find_missing(session, attempt.row_id, backbone.backbone.key)
        embedder = Embedder(self._database, self._storage, backbone, threads=usable_cores())
        some = missing[:IMAGES_PER_JOB]
        unusable = await embedder.embed(some, on_embedded=lambda _: None)
        # Images that cannot be used are left to whoever trains, or this would never end.
        if len(missing) > len(some) and len(unusable) < len(some):
            async with self._database.transaction() as session:
                await defer(session, EMBED, attempt.row_id)

    async def backbone_key(self) -> str:
        """Of the backbone that the settings name. Raises: BackboneInvalid."""
        return await asyncio.to_thread(self._backbones.key_for_training)

    async def _train(self, job: TrainingJob) -> None:
        progress = TrainingProgress()
        await report(self._database, job.iteration_id, progress)
        await _while_reporting(
            self._train_and_store(job, progress),
            keep_reporting(self._database, job.iteration_id, progress),
            progress,
        )

    async def _train_and_store(self, job: TrainingJob, progress: TrainingProgress) -> None:
        # That of the settings when it was queued, whatever this worker's own say.
        backbone = await asyncio.to_thread(self._backbones.get, job.backbone)
        trained = await self._fit(job, backbone, progress)
        progress.enter(TrainingStage.EVALUATING)
        model, evaluation, summary = await asyncio.to_thread(
            _make_files, job.kind, trained, backbone.backbone.key
        )
        progress.enter(TrainingStage.STORING)
        await self._storage.put(evaluation_key(job.iteration_id), evaluation, is_durable=True)
        await self._storage.put(model_key(job.iteration_id), model, is_durable=True)
        completion = Completion(
            tags=[tag.snapshot for tag in trained.data.tags],
            image_count=len(trained.data.image_ids),
            fingerprint=trained.data.fingerprint,
            summary=summary,
        )
        async with self._database.transaction() as session:
            if not await rows.complete(session, job, completion):
                raise TrainingStopped

    async def _fit(
        self, job: TrainingJob, backbone: LoadedBackbone, progress: TrainingProgress
    ) -> _Trained:
        key = backbone.backbone.key
        async with self._database.transaction() as session:
            data = await load_training_data(session, job.project_id, job.options(key))
        embedder = TrainingEmbedder(self._database, self._storage, backbone, job)
        unusable = await embedder.embed(data, progress)
        progress.enter(TrainingStage.FITTING)
        embeddings, found = await read_embeddings(
            self._database, key, data.sha256s, backbone.backbone.dimension
        )
        used = data if len(found) == len(data.sha256s) else data.only(found)
        self._check(used, unusable)
        more_views = await embedder.read_views(used.sha256s)
        try:
            model = await asyncio.to_thread(
                train_model,
                embeddings,
                used.labels,
                used.sha256s,
                job.kind,
                more_views=more_views,
                on_progress=progress.fitted,
            )
        except TooFewImages as error:
            raise TrainingFailed(f"There are too few images: {error}.") from error
        skipped = len(data.sha256s) - len(found)
        return _Trained(used, model, skipped, views=1 + len(more_views))

    def _check(self, data: TrainingData, unusable: list[Unusable]) -> None:
        """Raises: TrainingFailed if images that cannot be used leave a tag with too few."""
        least = self._settings.min_images_per_tag
        few = [tag for tag in data.tags if tag.image_count < least]
        if few:
            raise TrainingFailed(
                f"Each tag needs {least} images that can be read, and {names_of(few)}. "
                f"{_describe(unusable)}Add others, then train again."
            )

    async def _fail(self, job: TrainingJob, reason: str) -> None:
        logger.warning("training_failed", iteration_id=str(job.iteration_id), reason=reason)
        await self._end(job, partial(rows.fail, reason=reason))

    async def _end(self, job: TrainingJob, end: rows.End) -> None:
        async with self._database.transaction() as session:
            await end(session, job.iteration_id)
            is_completed = await rows.is_completed(session, job.iteration_id)
        # Another worker may have been at it as well, and the files are those of its model.
        if not is_completed:
            await self._delete_files(job.iteration_id)

    async def _delete_files(self, iteration_id: UUID) -> None:
        # What is left then has no row that names it, and the sweep finds it.
        with suppress(Unavailable):
            for key in file_keys(iteration_id):
                await self._storage.delete(key)


def _describe(unusable: list[Unusable]) -> str:
    if not unusable:
        return ""
    names = sorted(one.file.name for one in unusable)
    others = f" and {len(names) - _MOST_NAMES} others" if len(names) > _MOST_NAMES else ""
    return f"These are gone or damaged: {', '.join(names[:_MOST_NAMES])}{others}. Delete them. "


async def _while_reporting(
    work: Awaitable[T], reporting: Awaitable[None], progress: TrainingProgress
) -> T:
    """What `work` gives; it is cancelled as soon as the reporting fails."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(reporting)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return await (tasks[0] if tasks[0] in done else tasks[1])  # type: ignore[return-value]
    finally:
        # A thread cannot be cancelled, but it looks at this.
        progress.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _make_files(
    kind: HeadKind, trained: _Trained, backbone_key: str
) -> tuple[bytes, bytes, dict[str, float | None]]:
    data, model = trained.data, trained.model
    classifier = Classifier(
        tags=tuple(tag.name for tag in data.tags),
        backbone_key=backbone_key,
        head=model.serving_head,
        novelty=model.novelty,
    )
    labels = data.labels[model.held_out]
    evaluation = Evaluation(
        image_ids=[data.image_ids[row] for row in model.held_out],
        sha256s=[data.sha256s[row] for row in model.held_out],
        tag_ids=[tag.id for tag in data.tags],
        labels=labels,
        probabilities=model.held_out_probabilities,
        head=model.evaluation_head,
    )
    summary = _summarise(kind, model, labels)
    summary["skipped_images"] = float(trained.skipped)
    summary["views"] = float(trained.views)
    return classifier_to_bytes(classifier), evaluation_to_bytes(evaluation), summary


def _summarise(kind: HeadKind, model: TrainedModel, labels: BoolArray) -> dict[str, float | None]:
    probabilities = model.held_out_probabilities
    overall = evaluate(probabilities, labels, kind, _THRESHOLD).overall
    return {
        "precision": overall.precision,
        "recall": overall.recall,
        "average_precision": overall.average_precision,
        "top1": top1(probabilities, labels),
        "calibration_error": calibration_error(probabilities, labels),
        "held_out_images": float(len(labels)),
    }
