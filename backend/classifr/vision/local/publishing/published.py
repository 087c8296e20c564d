"""The published models of this process, never more than a second behind the database."""

import asyncio
import time
from contextlib import suppress

import structlog

from classifr.database.listening import Listener, listening
from classifr.database.session import Database
from classifr.errors import DatabaseUnavailable, NotPublished, ProjectNotFound
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.publishing.models import Model, imagenet_model, load_model
from classifr.vision.local.publishing.rows import (
    PublishedRow,
    PublishedRows,
    read_fingerprint,
    read_published,
)
from classifr.vision.local.publishing.service import CHANNEL
from classifr.vision.local.publishing.snapshot import Place, Snapshot, make_snapshot
from classifr.vision.port import IMAGENET_ITERATION_ID
from classifr.vision.values import Target

logger = structlog.get_logger()

# The database tells at once; this is for a message that was lost on the way.
_LOOK_EVERY_SECONDS = 1.0
# However many ask for what is not there, the database is asked no more often than this.
_LOOK_AT_MOST_EVERY_SECONDS = 0.05
_RECONNECT_SECONDS = 0.5
_RETRY_SECONDS = 5.0
_PATIENCE_SECONDS = 10.0


class PublishedModels:
    """Finds the model that answers, without asking the database. `watch` keeps it up to date."""

    def __init__(self, database: Database, storage: Storage, backbones: Backbones) -> None:
        self._database = database
        self._storage = storage
        self._backbones = backbones
        self._snapshot = Snapshot()
        self._fingerprint: str | None = None
        self._retry_at = 0.0
        self._woken = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_ready(self) -> bool:
        """Whether the database was read once."""
        return self._fingerprint is not None

    async def find(self, target: Target) -> Model:
        """The model that answers now; one not known yet is looked for in the database first.

        Raises: ProjectNotFound, NotPublished, NotReady, DatabaseUnavailable.
        """
        try:
            return self._snapshot.find(target)
        except (ProjectNotFound, NotPublished):
            await self.refresh()
        return self._snapshot.find(target)

    async def refresh(self) -> None:
        """Return once what is published now is known. Raises: DatabaseUnavailable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._woken.set()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await done
        except TimeoutError:
            raise DatabaseUnavailable from None

    async def watch(self) -> None:
        """Follow the database until cancelled; while it is away, what is known answers."""
        while True:
            try:
                async with listening(self._database, CHANNEL, self._woken.set) as listener:
                    await self._follow(listener)
            except DatabaseUnavailable:
                self._tell_waiting(len(self._waiting), is_read=False)
            except Exception:
                logger.exception("published_models_not_followed")
                self._tell_waiting(len(self._waiting), is_read=False)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _follow(self, listener: Listener) -> None:
        while True:
            self._woken.clear()
            # Those who come while we look may want what we have just passed.
            came_before = len(self._waiting)
            await self._look(listener)
            self._tell_waiting(came_before, is_read=True)
            await asyncio.sleep(_LOOK_AT_MOST_EVERY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._woken.wait()

    async def _look(self, listener: Listener) -> None:
        fingerprint = await read_fingerprint(listener)
        if fingerprint == self._fingerprint and time.monotonic() < self._retry_at:
            return
        rows = await read_published(listener)
        self._retry_at = float("inf")
        self._snapshot = await self._load(rows)
        self._fingerprint = fingerprint

    async def _load(self, rows: PublishedRows) -> Snapshot:
        """What to answer from next; until it is complete, requests are answered from the last."""
        known = self._snapshot.models()
        places = []
        for row in rows.iterations:
            model = await self._model(row, known.get(row.iteration_id))
            places.append(Place(row.project_id, row.published_name, row.published_at, model))
        return make_snapshot(rows.projects, rows.default_project_id, places, self._snapshot)

    async def _model(self, row: PublishedRow, known: Model | None) -> Model | None:
        """The row's model; None if it cannot be loaded now, which the log then says."""
        if known is not None and known.classifier is None:
            return known  # ImageNet's names do not change.
        if known is not None:
            return known.renamed(project=row.project, iteration=row.iteration, tags=row.tags)
        try:
            return await self._load_model(row)
        except Exception as error:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            logger.error(
                "published_model_not_loaded",
                project=row.project,
                iteration_id=str(row.iteration_id),
                reason=str(error) or type(error).__name__,
            )
            return None

    async def _load_model(self, row: PublishedRow) -> Model:
        if row.iteration_id != IMAGENET_ITERATION_ID:
            return await load_model(
                self._storage,
                self._backbones,
                project_id=row.project_id,
                project=row.project,
                iteration_id=row.iteration_id,
                iteration=row.iteration,
                tags=row.tags,
            )
        backbone = await asyncio.to_thread(self._backbones.default)
        return imagenet_model(backbone)

    def _tell_waiting(self, count: int, *, is_read: bool) -> None:
        """Let the first `count` of those who wait go on."""
        told, self._waiting = self._waiting[:count], self._waiting[count:]
        for done in told:
            if done.done():  # Nobody waits any more.
                continue
            if is_read:
                done.set_result(None)
            else:
                done.set_exception(DatabaseUnavailable())
