"""Have the backbone look at images: every core at work, each chunk kept as soon as it is done."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import structlog

from classifr.concurrency import for_each
from classifr.database.session import Database
from classifr.engine.functional import Float32Array
from classifr.engine.learning.views import View, view_key
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import UNUSABLE, LoadedBackbone
from classifr.vision.local.embedding.rows import ImageFile, store_embeddings

logger = structlog.get_logger()

#: Embeddings that are stored, and committed, at once: what a crash can cost.
CHUNK = 64
#: Images under way for each thread, so that none waits for a file or for the database.
_LANES_PER_THREAD = 3


@dataclass(frozen=True)
class Unusable:
    """An image that could not be embedded, and why."""

    file: ImageFile
    reason: str


class Embedder:
    """Embeds one view of images with one backbone, on `threads` threads."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        backbone: LoadedBackbone,
        *,
        threads: int,
        view: View = View.PLAIN,
    ) -> None:
        self._database = database
        self._storage = storage
        self._backbone = backbone
        self._view = view
        self._lanes = _LANES_PER_THREAD * threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="embed")

    async def embed(
        self,
        files: Sequence[ImageFile],
        *,
        on_embedded: Callable[[int], None],
        deadline: float | None = None,
    ) -> list[Unusable]:
        """Embed and store; the images that are gone or cannot be read are left out.

        on_embedded: told how many are done. deadline: by the monotonic clock; no image is begun
        after it.
        Raises: StorageUnavailable, DatabaseUnavailable, StorageFull.
        """
        work = _Work(_until(deadline, files), on_embedded)
        try:
            await for_each(work.files, partial(self._embed_one, work), at_once=self._lanes)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
        await self._store(work)
        return work.unusable

    async def _embed_one(self, work: "_Work", file: ImageFile) -> None:
        try:
            work.embeddings[file.sha256] = await self._read(file)
        except UNUSABLE as error:
            logger.warning("image_unusable", key=file.image_key, reason=error.detail)
            work.unusable.append(Unusable(file, error.detail))
        work.count_one()
        if len(work.embeddings) >= CHUNK:
            await self._store(work)

    async def _read(self, file: ImageFile) -> Float32Array:
        data = await self._storage.get(file.image_key)
        loop = asyncio.get_running_loop()
        compute = partial(self._backbone.embedding, data, view=self._view)
        return await loop.run_in_executor(self._threads, compute)

    async def _store(self, work: "_Work") -> None:
        done, work.embeddings = work.embeddings, {}
        if done:
            key = view_key(self._backbone.backbone.key, self._view)
            async with self._database.transaction() as session:
                await store_embeddings(session, key, done)


def _until(deadline: float | None, files: Sequence[ImageFile]) -> Iterator[ImageFile]:
    for file in files:
        if deadline is not None and time.monotonic() >= deadline:
            return
        yield file


@dataclass
class _Work:
    """What the lanes share."""

    files: Iterator[ImageFile]
    on_embedded: Callable[[int], None]

    def __post_init__(self) -> None:
        self.embeddings: dict[str, Float32Array] = {}
        self.unusable: list[Unusable] = []
        self.done = 0

    def count_one(self) -> None:
        self.done += 1
        self.on_embedded(self.done)
