"""The jobs of the local engine, and what its workers do beside them.

What computes is large: it is imported with the first job, and a backbone is let go after each.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, text

from classifr.database.models import Iteration, Project
from classifr.database.session import Database
from classifr.errors import BackboneInvalid
from classifr.jobs.attempts import Attempt, Task
from classifr.jobs.deferring import defer, is_in_line
from classifr.kinds import IN_PROGRESS, ProjectStatus
from classifr.settings import Settings
from classifr.storage.port import Storage
from classifr.vision.local.embedding.renewal import defer_embedding
from classifr.vision.local.projects.copying import ProjectCopier
from classifr.vision.local.retention import sweep_iteration_orphans
from classifr.vision.local.task_names import COPY, EMBED, TRAIN

if TYPE_CHECKING:
    from classifr.vision.local.training.job import Trainer

logger = structlog.get_logger()

_DELETE_UNUSED_EMBEDDINGS = text("""
    delete from embeddings
    where not exists (select from training_images where sha256 = embeddings.sha256)
""")


class LocalWork:
    """What a worker does for the local engine."""

    def __init__(self, database: Database, storage: Storage, settings: Settings) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings
        self._copier = ProjectCopier(database, storage)

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The jobs by name."""
        return {TRAIN: self._train, EMBED: self._embed, COPY: self._copier.copy}

    async def begin(self) -> None:
        """Line up what a change of the backbone asks for."""
        if not await self._has_trained():
            return
        try:
            key = await self._backbone_key()
        except BackboneInvalid as error:
            # Each training will fail and say so.
            logger.error("backbone_invalid", reason=error.detail)
            return
        async with self._database.transaction() as session:
            await defer_embedding(session, key)

    async def reconcile(self) -> None:
        """Line up what nobody would train or copy any more, whatever happened to its job."""
        iterations = select(Iteration.id).where(
            Iteration.status.in_(IN_PROGRESS), Iteration.deleted_at.is_(None)
        )
        projects = select(Project.id).where(
            Project.status == ProjectStatus.IMPORTING, Project.deleted_at.is_(None)
        )
        async with self._database.transaction() as session:
            for task, query in ((TRAIN, iterations), (COPY, projects)):
                for row_id in (await session.scalars(query)).all():
                    if not await is_in_line(session, task, row_id):
                        logger.warning("job_lined_up_again", task=task, row_id=str(row_id))
                        await defer(session, task, row_id)

    async def tidy(self) -> None:
        """Delete files and embeddings that no row needs."""
        if deleted := await sweep_iteration_orphans(self._database, self._storage):
            logger.info("tidied", files=deleted)
        async with self._database.transaction() as session:
            await session.execute(_DELETE_UNUSED_EMBEDDINGS)

    async def _has_trained(self) -> bool:
        query = select(Iteration.id).where(Iteration.trained_at.is_not(None))
        async with self._database.transaction() as session:
            return await session.scalar(query.limit(1)) is not None

    async def _backbone_key(self) -> str:
        if self._settings.backbone is not None:
            return await self._trainer().backbone_key()
        from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0  # noqa: PLC0415

        return EFFICIENTNET_LITE0.key

    async def _train(self, attempt: Attempt) -> None:
        await self._trainer().train(attempt)

    async def _embed(self, attempt: Attempt) -> None:
        await self._trainer().embed(attempt)

    def _trainer(self) -> "Trainer":
        from classifr.vision.local.opening import make_backbones  # noqa: PLC0415
        from classifr.vision.local.training.job import Trainer  # noqa: PLC0415

        backbones = make_backbones(self._settings)
        return Trainer(self._database, self._storage, backbones, self._settings.training)
