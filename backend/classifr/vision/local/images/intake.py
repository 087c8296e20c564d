"""Image files on their way into a project: checked, then stored. No rows are made here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models.training_image import new_image_id
from classifr.database.session import after_rollback
from classifr.engine.cores import let_others_first
from classifr.errors import ClassifrError, StorageFull, StorageUnavailable
from classifr.settings import Settings, TrainingSettings, UploadSettings
from classifr.storage.port import Storage
from classifr.vision.images import check_decodes, inspect_image, training_file_limits
from classifr.vision.local.images.deletion import delete_files
from classifr.vision.local.images.files import image_key
from classifr.vision.refusals import STATUS_OF_FAULT
from classifr.vision.values import ImageFacts, ImageStatus, NewImage

T = TypeVar("T")

_STATUS_OF: Mapping[type[ClassifrError], ImageStatus] = {
    **STATUS_OF_FAULT,
    StorageFull: ImageStatus.STORAGE,
    StorageUnavailable: ImageStatus.STORAGE,
}
_STORED_AT_ONCE = 4


@dataclass(frozen=True)
class Refusal:
    """Why an image does not go in."""

    status: ImageStatus
    detail: str

    @classmethod
    def of(cls, error: ClassifrError) -> "Refusal":
        """What an error of ours means for the image."""
        return cls(_STATUS_OF[type(error)], error.detail)


@dataclass(frozen=True)
class StoredFile:
    """An image file in the storage, for which there is no row yet."""

    image_id: UUID
    key: str


class Intake:
    """Checks and stores image files, in threads, a few at a time in the whole process."""

    def __init__(self, storage: Storage, settings: Settings, *, threads: int) -> None:
        self._storage = storage
        self.limits = settings.training
        self._file_limits = training_file_limits(settings)
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="intake", initializer=let_others_first
        )
        self._stores = asyncio.Semaphore(_STORED_AT_ONCE)

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def discard(self, keys: Sequence[str]) -> None:
        """Delete files that were stored and are not needed."""
        await delete_files(self._storage, keys)

    async def inspect(self, images: Sequence[NewImage]) -> Sequence[ImageFacts | Refusal]:
        """What each file is, from its header, or why it is refused."""

        def inspect_all() -> Sequence[ImageFacts | Refusal]:
            return [check_image(image.data, self.limits, self._file_limits) for image in images]

        return await self._run(inspect_all)

    async def store(
        self, session: AsyncSession, project_id: UUID, files: Sequence[bytes]
    ) -> Sequence[StoredFile | Refusal]:
        """Store those that decode to their end; they go again if the transaction fails."""
        ids = sorted(new_image_id() for _ in files)
        keys = [image_key(project_id, image_id) for image_id in ids]
        after_rollback(session, partial(self.discard, keys))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._store(data, StoredFile(image_id, key)))
                for data, image_id, key in zip(files, ids, keys, strict=True)
            ]
        return [task.result() for task in tasks]

    async def _store(self, data: bytes, file: StoredFile) -> StoredFile | Refusal:
        max_pixels = self._file_limits.max_pixels
        try:
            await self._run(check_decodes, data, max_pixels)
            async with self._stores:
                await self._storage.put(file.key, data, is_durable=True)
        except tuple(_STATUS_OF) as error:
            return Refusal.of(error)
        return file

    async def _run(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def check_image(
    data: bytes, limits: TrainingSettings, file_limits: UploadSettings
) -> ImageFacts | Refusal:
    """What a training image is, from its header, or why it is refused."""
    if not data:
        return Refusal(ImageStatus.SIZE, "The image file is empty. Choose it again.")
    try:
        facts = inspect_image(data, file_limits)
    except tuple(_STATUS_OF) as error:
        return Refusal.of(error)
    longer, shorter = max(facts.width, facts.height), min(facts.width, facts.height)
    shape = f"The image has {facts.width} x {facts.height} pixels; "
    if longer > limits.max_side_pixels:
        limit = f"no side may have more than {limits.max_side_pixels:,}. Send it smaller."
        return Refusal(ImageStatus.DIMENSIONS, shape + limit)
    if longer > limits.max_aspect_ratio * shorter:
        limit = f"at most {limits.max_aspect_ratio:g} times as long as wide. Crop it."
        return Refusal(ImageStatus.DIMENSIONS, shape + limit)
    return facts
