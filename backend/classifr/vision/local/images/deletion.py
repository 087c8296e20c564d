"""What goes when training images go: their rows, their embeddings and their files."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, String, any_, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.concurrency import for_each
from classifr.database.models import Embedding, ImageTag, TrainingImage
from classifr.database.session import after_commit
from classifr.storage.port import Storage

_FILES_AT_ONCE = 8


async def delete_images(
    session: AsyncSession, storage: Storage, condition: ColumnElement[bool]
) -> Sequence[UUID]:
    """Delete the images that meet the condition; which they were. Their project is held."""
    chosen = select(TrainingImage.id).where(condition)
    # In one statement, which cascading would do image by image.
    await session.execute(delete(ImageTag).where(ImageTag.image_id.in_(chosen)))
    gone = await session.execute(
        delete(TrainingImage)
        .where(condition)
        .returning(TrainingImage.id, TrainingImage.image_key, TrainingImage.sha256)
        .execution_options(synchronize_session=False)
    )
    rows = gone.all()
    if rows:
        await _delete_embeddings(session, [row.sha256 for row in rows])
        after_commit(session, partial(delete_files, storage, [row.image_key for row in rows]))
    return [row.id for row in rows]


async def delete_files(storage: Storage, keys: Sequence[str]) -> None:
    """Delete them, a few at a time; the sweep finds those that are left if that fails."""
    await for_each(keys, storage.delete, at_once=_FILES_AT_ONCE)


async def _delete_embeddings(session: AsyncSession, sha256s: Sequence[str]) -> None:
    # One array: there may be more of them than a statement takes parameters.
    named = Embedding.sha256 == any_(literal(sha256s, ARRAY(String)))
    is_needed = exists().where(TrainingImage.sha256 == Embedding.sha256)
    await session.execute(
        delete(Embedding).where(named, ~is_needed).execution_options(synchronize_session=False)
    )
