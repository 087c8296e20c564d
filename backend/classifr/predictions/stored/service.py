"""Predictions kept with their image until a time: made, looked through, forgotten."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction, StoredTag, User
from classifr.database.session import Database
from classifr.errors import CursorInvalid, ImageGone
from classifr.predictions.repository import NewPrediction
from classifr.predictions.service import (
    STORED_TAGS,
    Answer,
    classify_and_record,
    release_image,
)
from classifr.predictions.stored import repository
from classifr.predictions.stored.repository import StoredFilter, StoredOrder, TagBounds
from classifr.settings import UploadSettings
from classifr.storage.port import Storage
from classifr.vision.classification import Classification, Column
from classifr.vision.images import check_start

__all__ = ["Keeping", "StoredFilter", "StoredOrder", "TagBounds"]


@dataclass(frozen=True)
class Keeping:
    """How long a prediction is kept with its image, and for whom."""

    user: User
    period: timedelta
    application: str | None = None  #: What the client calls itself.


async def classify(
    database: Database,
    storage: Storage,
    limits: UploadSettings,
    *,
    data: bytes,
    classify: Callable[[bytes], Awaitable[Classification]],
    keeping: Keeping | None,
) -> Answer:
    """Classify an image and keep it with its answer; without `keeping`, nothing is recorded.

    Raises: what `classify` does; ImageTooLarge, ImageFormatUnsupported, ImageTooManyPixels,
    ImageUnreadable, StorageFull, StorageUnavailable.
    """
    if keeping is None:
        check_start(data, limits.max_bytes)
        return Answer(await classify(data))
    prediction_id = uuid4()
    return await classify_and_record(
        database,
        storage,
        limits,
        data=data,
        image_key=f"stored/{prediction_id}",
        classify=partial(classify, data),
        make_row=partial(_row, prediction_id, keeping),
    )


async def list_stored(
    session: AsyncSession,
    project_id: UUID,
    chosen: StoredFilter,
    *,
    order: StoredOrder,
    after: UUID | None,
    limit: int,
) -> Sequence[Prediction]:
    """Stored predictions of a project, those that follow `after`. Raises: CursorInvalid."""
    if after is not None and not await repository.has_prediction(session, project_id, after):
        raise CursorInvalid
    return await repository.list_stored(
        session, project_id, chosen, order=order, after=after, limit=limit
    )


async def claim_stored(
    session: AsyncSession, project_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, Prediction]:
    """Those that are stored, locked until the transaction ends, for another use of their images."""
    found = await repository.lock_stored(session, project_id, ids)
    return {prediction.id: prediction for prediction in found}


async def forget_stored(
    session: AsyncSession, storage: Storage, project_id: UUID, ids: Sequence[UUID]
) -> None:
    """Let go of those that are stored; nothing happens to others."""
    for prediction in await repository.lock_stored(session, project_id, ids):
        forget(session, storage, prediction)


def forget(session: AsyncSession, storage: Storage, prediction: Prediction) -> None:
    """Delete the image; the row stays, as that of any other prediction, to be counted."""
    release_image(session, storage, prediction)
    prediction.kept_until = None
    prediction.top = prediction.top[:STORED_TAGS]


async def load_image(database: Database, storage: Storage, prediction_id: UUID) -> bytes:
    """The image of a stored prediction, as it came. Raises: ImageGone."""
    async with database.lone_statement() as session:
        image_key = await repository.find_image_key(session, prediction_id)
    if image_key is None:
        raise ImageGone
    return await storage.get(image_key)


def _row(
    prediction_id: UUID, keeping: Keeping, classification: Classification, image_key: str | None
) -> NewPrediction:
    now = datetime.now(UTC)
    (likeliest,) = classification.likeliest(1)
    return NewPrediction(
        id=prediction_id,
        user_id=keeping.user.id,
        project_id=classification.project_id,
        iteration_id=classification.iteration_id,
        project=classification.project,
        iteration=classification.iteration,
        tag=likeliest.tag,
        probability=likeliest.probability,
        top=_all_tags(classification),
        image_sha256=classification.image.sha256,
        image_key=image_key,
        kept_until=now + keeping.period,
        application=keeping.application,
        created_at=now,
    )


def _all_tags(classification: Classification) -> list[StoredTag]:
    return [
        {
            "tag": output.name,
            "probability": probability,
            "tag_id": str(output.id),
            "tag_type": output.type,
        }
        for output, probability in zip(
            Column(classification.outputs.tags).ordered(classification.order),
            classification.probabilities,
            strict=True,
        )
    ]
