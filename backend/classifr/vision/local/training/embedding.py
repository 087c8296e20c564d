"""What a training needs of its backbone: each image looked at, in more views within a budget."""

import time
from collections.abc import Callable, Sequence

import structlog

from classifr.database.session import Database
from classifr.engine.cores import usable_cores
from classifr.engine.functional import Float32Array
from classifr.engine.learning.views import MORE_VIEWS, View, view_key
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import LoadedBackbone
from classifr.vision.local.embedding.embedder import Embedder, Unusable
from classifr.vision.local.embedding.rows import ImageFile, find_missing, read_embeddings
from classifr.vision.local.training.data import TrainingData
from classifr.vision.local.training.progress import TrainingProgress
from classifr.vision.local.training.rows import TrainingJob

logger = structlog.get_logger()

# What the stages take on one core, to tell how long a training will.
_EMBED_SECONDS = 0.06
_FIT_SECONDS = 1.0
_FIT_SECONDS_PER_IMAGE = 5e-5
_FIT_SECONDS_PER_LABEL = 2e-6


class TrainingEmbedder:
    """Embeds the images of one training."""

    def __init__(
        self, database: Database, storage: Storage, backbone: LoadedBackbone, job: TrainingJob
    ) -> None:
        self._database = database
        self._storage = storage
        self._backbone = backbone
        self._job = job
        self._deadline = time.monotonic() + job.budget_seconds_left

    async def embed(self, data: TrainingData, progress: TrainingProgress) -> list[Unusable]:
        """Embed the images that are new, then more views of all until the budget ends.

        The images that cannot be used. It goes on where an interrupted one stopped.
        Raises: StorageUnavailable, DatabaseUnavailable, StorageFull.
        """
        missing = await self._find_missing(View.PLAIN)
        in_training = set(data.sha256s)
        more = {
            view: [file for file in await self._find_missing(view) if file.sha256 in in_training]
            for view in self._views
        }
        self._plan(data, len(missing), sum(map(len, more.values())), progress)
        unusable = await self._embed(
            View.PLAIN, missing, lambda done: progress.embedded(done / len(missing))
        )
        if missing:
            logger.info("embedded", iteration_id=str(self._job.iteration_id), images=len(missing))
        await self._embed_views(more, {one.file.sha256 for one in unusable}, progress)
        return unusable

    async def read_views(self, sha256s: Sequence[str]) -> list[Float32Array]:
        """The further views that all these images have, each (n, dimension) in their order."""
        views = []
        for view in self._views:
            embeddings, found = await read_embeddings(
                self._database, self._key(view), sha256s, self._backbone.backbone.dimension
            )
            if len(found) == len(sha256s):
                views.append(embeddings)
            else:
                logger.warning(
                    "view_incomplete",
                    iteration_id=str(self._job.iteration_id),
                    view=view,
                    images=len(found),
                )
        return views

    @property
    def _views(self) -> tuple[View, ...]:
        return MORE_VIEWS if self._job.is_advanced else ()

    def _key(self, view: View) -> str:
        return view_key(self._backbone.backbone.key, view)

    async def _find_missing(self, view: View) -> list[ImageFile]:
        async with self._database.transaction() as session:
            return await find_missing(session, self._job.project_id, self._key(view))

    def _plan(
        self, data: TrainingData, missing: int, more: int, progress: TrainingProgress
    ) -> None:
        seconds = _EMBED_SECONDS / usable_cores()
        budget = max(0.0, self._deadline - time.monotonic() - seconds * missing)
        # Measured with 99,000 images: three views take 2.8 times as long as one.
        views = 1 + len(self._views)
        by_size = _FIT_SECONDS_PER_IMAGE * data.labels.shape[0]
        by_size += _FIT_SECONDS_PER_LABEL * data.labels.size
        progress.plan(
            embed_seconds=seconds * missing,
            view_seconds=min(seconds * more, budget),
            fit_seconds=_FIT_SECONDS + views * by_size,
        )

    async def _embed_views(
        self, missing: dict[View, list[ImageFile]], unusable: set[str], progress: TrainingProgress
    ) -> None:
        total, before = sum(map(len, missing.values())), 0
        progress.begin_views(self._deadline)
        for view, files in missing.items():
            usable = [file for file in files if file.sha256 not in unusable]

            def tell(done: int, before: int = before) -> None:
                progress.viewed((before + done) / total)

            await self._embed(view, usable, tell, deadline=self._deadline)
            if usable and time.monotonic() >= self._deadline:
                logger.warning("budget_spent", iteration_id=str(self._job.iteration_id), view=view)
            before += len(files)

    async def _embed(
        self,
        view: View,
        files: Sequence[ImageFile],
        tell: Callable[[int], None],
        *,
        deadline: float | None = None,
    ) -> list[Unusable]:
        if not files:
            return []
        embedder = Embedder(
            self._database, self._storage, self._backbone, threads=usable_cores(), view=view
        )
        return await embedder.embed(files, on_embedded=tell, deadline=deadline)
