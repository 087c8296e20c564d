"""Files of training images that are no longer there, or never came to be."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from classifr.database.models import TrainingImage
from classifr.database.session import Database
from classifr.storage.orphans import delete_orphans
from classifr.storage.port import Storage
from classifr.vision.local.ids import as_id


async def sweep_training_orphans(database: Database, storage: Storage, keep: timedelta) -> int:
    """Delete training files older than `keep` that no image names; how many."""

    async def named(keys: Sequence[str]) -> set[str]:
        # By id, because there is no index of keys.
        query = select(TrainingImage.image_key).where(TrainingImage.id.in_(list(_image_ids(keys))))
        async with database.transaction() as session:
            return set(await session.scalars(query))

    cutoff = datetime.now(UTC) - keep
    return await delete_orphans(storage, "training/", older_than=cutoff, named_keys=named)


def _image_ids(keys: Sequence[str]) -> Iterator[UUID]:
    for key in keys:
        if (image_id := as_id(key.rpartition("/")[2])) is not None:
            yield image_id
