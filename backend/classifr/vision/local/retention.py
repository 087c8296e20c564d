"""Files that no row names any more, or not yet: of training images, of iterations."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from classifr.database.models import Iteration, TrainingImage
from classifr.database.session import Database
from classifr.storage.orphans import delete_orphans
from classifr.storage.port import Storage
from classifr.vision.local.images import files as image_files
from classifr.vision.local.iterations import files as iteration_files

#: Files of a training are younger than this for as long as no row names them.
_ITERATION_ORPHAN_AGE = timedelta(hours=1)


async def sweep_training_orphans(database: Database, storage: Storage, keep: timedelta) -> int:
    """Delete training files older than `keep` that no image names; how many."""

    async def named(keys: Sequence[str]) -> set[str]:
        # By id, because there is no index of keys.
        image_ids = [
            image_id for key in keys if (image_id := image_files.image_of(key)) is not None
        ]
        query = select(TrainingImage.image_key).where(TrainingImage.id.in_(image_ids))
        async with database.transaction() as session:
            return set(await session.scalars(query))

    return await delete_orphans(
        storage,
        f"{image_files.FOLDER}/",
        older_than=datetime.now(UTC) - keep,
        named_keys=named,
    )


async def sweep_iteration_orphans(database: Database, storage: Storage) -> int:
    """Delete files of iterations that are not there any more, or never came to be; how many."""

    async def named(keys: Sequence[str]) -> set[str]:
        iteration_ids = {
            iteration_id for key in keys if (iteration_id := iteration_files.iteration_of(key))
        }
        query = select(Iteration.id).where(
            Iteration.id.in_(iteration_ids), Iteration.deleted_at.is_(None)
        )
        async with database.transaction() as session:
            there = set(await session.scalars(query))
        return {key for key in keys if iteration_files.iteration_of(key) in there}

    return await delete_orphans(
        storage,
        f"{iteration_files.FOLDER}/",
        older_than=datetime.now(UTC) - _ITERATION_ORPHAN_AGE,
        named_keys=named,
    )
