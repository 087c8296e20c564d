"""Classify an image, and keep it until its verdict."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction, User
from classifr.database.session import Database, after_commit
from classifr.errors import (
    ImageGone,
    PredictionAlreadyJudged,
    PredictionNotFound,
    VerdictImageMismatch,
    VerdictImageRequired,
)
from classifr.predictions import repository
from classifr.predictions.repository import NewPrediction
from classifr.settings import UploadSettings
from classifr.storage.port import Storage
from classifr.vision.classification import Classification
from classifr.vision.images import check_start, inspect_image
from classifr.vision.port import Vision
from classifr.vision.values import LATEST_OF_DEFAULT, Target

T = TypeVar("T")

logger = structlog.get_logger()

STORED_TAGS = 5


@dataclass(frozen=True)
class Answer:
    """What an image is and shows, and the row that recorded it, if one did."""

    classification: Classification
    prediction: NewPrediction | None = None


async def classify_image(
    vision: Vision, data: bytes, limits: UploadSettings, target: Target = LATEST_OF_DEFAULT
) -> Classification:
    """Classify without keeping anything.

    Raises: ImageTooLarge, ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable,
    ProjectNotFound, NotPublished, NotReady, Overloaded.
    """
    check_start(data, limits.max_bytes)
    return await vision.classify(data, target)


async def predict(
    database: Database,
    storage: Storage,
    vision: Vision,
    limits: UploadSettings,
    *,
    user: User,
    data: bytes,
    store: bool,
    target: Target = LATEST_OF_DEFAULT,
) -> Answer:
    """Classify an image and record the answer; with `store`, keep the image until its verdict.

    The image is stored while it is classified; if anything fails, neither image nor row stays.
    Raises: as `classify_image`; StorageFull, StorageUnavailable.
    """
    prediction_id = uuid4()
    return await classify_and_record(
        database,
        storage,
        limits,
        data=data,
        image_key=f"pending/{prediction_id}" if store else None,
        classify=partial(vision.classify, data, target),
        make_row=partial(_row, prediction_id, user),
    )


async def classify_and_record(
    database: Database,
    storage: Storage,
    limits: UploadSettings,
    *,
    data: bytes,
    image_key: str | None,
    classify: Callable[[], Awaitable[Classification]],
    make_row: Callable[[Classification, str | None], NewPrediction],
) -> Answer:
    """Classify an image and insert the row made of the answer; with a key, store the image.

    Raises: as `predict`.
    """
    check_start(data, limits.max_bytes)
    try:
        if image_key is None:
            classification = await classify()
        else:
            classification = await _beside(storage.put(image_key, data), classify())
        prediction = make_row(classification, image_key)
        await repository.insert_prediction(database, prediction)
    except BaseException:
        if image_key is not None:
            await _delete_again(storage, image_key)
        raise
    return Answer(classification, prediction)


async def claim_for_verdict(
    session: AsyncSession, *, prediction_id: UUID, user: User
) -> Prediction:
    """A user's own prediction without a verdict, locked until the transaction ends.

    Raises: PredictionNotFound, PredictionAlreadyJudged.
    """
    prediction = await repository.lock_prediction(
        session, prediction_id=prediction_id, user_id=user.id
    )
    if prediction is None:
        raise PredictionNotFound
    if prediction.verdict is not None:
        raise PredictionAlreadyJudged
    return prediction


async def judged_image(
    storage: Storage, prediction: Prediction, resent: bytes | None, limits: UploadSettings
) -> bytes:
    """The image of a prediction: as stored, or as sent again when it was not.

    Raises: VerdictImageRequired, VerdictImageMismatch.
    """
    if resent is not None:
        # A file can be made so that its header alone takes long.
        facts = await asyncio.to_thread(inspect_image, resent, limits)
        if facts.sha256 != prediction.image_sha256:
            raise VerdictImageMismatch
        return resent
    if prediction.image_key is None:
        raise VerdictImageRequired
    try:
        return await storage.get(prediction.image_key)
    except ImageGone as error:
        raise VerdictImageRequired from error


def release_image(session: AsyncSession, storage: Storage, prediction: Prediction) -> None:
    """Forget the waiting image; its bytes go once the transaction is committed."""
    if prediction.image_key is not None:
        after_commit(session, partial(storage.delete, prediction.image_key))
        prediction.image_key = None


async def _delete_again(storage: Storage, image_key: str) -> None:
    try:
        await storage.delete(image_key)
    except Exception:
        # The error under way stands; the sweep removes the file.
        logger.exception("image_not_deleted")


async def _beside(storing: Awaitable[None], work: Awaitable[T]) -> T:
    """What `work` gives, once both have ended; if both fail, the error of `work`."""
    stored = asyncio.ensure_future(storing)
    try:
        answer = await work
    except BaseException:
        await asyncio.gather(stored, return_exceptions=True)
        raise
    await stored
    return answer


def _row(
    prediction_id: UUID, user: User, classification: Classification, image_key: str | None
) -> NewPrediction:
    top = classification.likeliest(STORED_TAGS)
    return NewPrediction(
        id=prediction_id,
        user_id=user.id,
        project_id=classification.project_id,
        iteration_id=classification.iteration_id,
        project=classification.project,
        iteration=classification.iteration,
        tag=top[0].tag,
        probability=top[0].probability,
        top=[{"tag": likely.tag, "probability": likely.probability} for likely in top],
        image_sha256=classification.image.sha256,
        image_key=image_key,
        created_at=datetime.now(UTC),
    )
