"""Verdicts, and the review of wrong predictions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import anyio
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction, User, Verdict, WrongPrediction
from classifr.database.session import Database, after_commit, after_rollback
from classifr.errors import WrongPredictionNotFound
from classifr.feedback import repository
from classifr.feedback.place import Place
from classifr.feedback.repository import WrongWithModel
from classifr.feedback.schemas import FeedbackCreate, WrongPredictionFilter
from classifr.predictions import service as predictions
from classifr.settings import UploadSettings
from classifr.storage.port import Storage
from classifr.vision.images import render_jpeg

THUMBNAIL_SIDE = 320


async def judge_prediction(
    session: AsyncSession,
    storage: Storage,
    limits: UploadSettings,
    *,
    user: User,
    feedback: FeedbackCreate,
) -> WrongPrediction | None:
    """Record a verdict: OK lets the image go, NOK keeps it as a wrong prediction.

    Raises: PredictionNotFound, PredictionAlreadyJudged, VerdictImageRequired,
    VerdictImageMismatch, StorageFull, StorageUnavailable.
    """
    prediction = await predictions.claim_for_verdict(
        session, prediction_id=feedback.prediction_id, user=user
    )
    wrong = None
    if feedback.verdict == Verdict.NOK:
        image = await predictions.judged_image(storage, prediction, feedback.image, limits)
        wrong = await _keep_wrong(session, storage, prediction, user, feedback, image)
    predictions.release_image(session, storage, prediction)
    prediction.verdict = feedback.verdict
    prediction.verdict_at = datetime.now(UTC)
    prediction.correct_tag = feedback.correct_tag
    await session.flush()
    return wrong


async def list_wrong_predictions(
    session: AsyncSession, chosen: WrongPredictionFilter, *, after: Place | None, limit: int
) -> Sequence[WrongWithModel]:
    """Wrong predictions newest first, those that follow `after`."""
    return await repository.list_wrong_predictions(session, chosen, after=after, limit=limit)


async def get_wrong_prediction(
    session: AsyncSession, wrong_prediction_id: int, *, is_locked: bool = False
) -> WrongWithModel:
    """One wrong prediction with the names of its model; locked to be changed.

    Raises: WrongPredictionNotFound.
    """
    found = await repository.get_wrong_prediction(session, wrong_prediction_id, is_locked=is_locked)
    if found is None:
        raise WrongPredictionNotFound
    return found


async def render_image(
    database: Database,
    storage: Storage,
    limiter: anyio.CapacityLimiter,
    *,
    wrong_prediction_id: int,
    max_side: int | None,
) -> bytes:
    """The image as a fresh JPEG without metadata. max_side: longest side in pixels.

    The connection is given back before the image waits for its turn.
    Raises: WrongPredictionNotFound, ImageGone.
    """
    async with database.transaction() as session:
        wrong, *_ = await get_wrong_prediction(session, wrong_prediction_id)
    image = await storage.get(wrong.image_key)
    return await anyio.to_thread.run_sync(render_jpeg, image, max_side, limiter=limiter)


async def set_correct_tag(
    session: AsyncSession, *, wrong_prediction_id: int, correct_tag: str | None
) -> WrongWithModel:
    """Say what the image really shows. Raises: WrongPredictionNotFound."""
    found = await get_wrong_prediction(session, wrong_prediction_id, is_locked=True)
    wrong, *_ = found
    wrong.correct_tag = correct_tag
    wrong.prediction.correct_tag = correct_tag
    return found


async def claim_wrong_predictions(
    session: AsyncSession, ids: Sequence[int]
) -> Sequence[WrongPrediction]:
    """Those that exist, locked until the transaction ends, for another use of their images."""
    return await repository.lock_wrong_predictions(session, ids)


async def delete_wrong_predictions(
    session: AsyncSession, storage: Storage, ids: Sequence[int]
) -> Sequence[int]:
    """Delete those that exist, with their images; which they were. Verdicts stay counted."""
    found = await repository.lock_wrong_predictions(session, ids)
    for wrong in found:
        await session.delete(wrong)
        after_commit(session, partial(storage.delete, wrong.image_key))
    await session.flush()
    return [wrong.id for wrong in found]


async def _keep_wrong(
    session: AsyncSession,
    storage: Storage,
    prediction: Prediction,
    user: User,
    feedback: FeedbackCreate,
    image: bytes,
) -> WrongPrediction:
    image_key = f"wrong/{prediction.id}"
    after_rollback(session, partial(storage.delete, image_key))
    await storage.put(image_key, image, is_durable=True)
    wrong = WrongPrediction(
        prediction_id=prediction.id,
        image_key=image_key,
        tag=prediction.tag,
        probability=prediction.probability,
        username=user.username,
        correct_tag=feedback.correct_tag,
    )
    session.add(wrong)
    await session.flush()
    return wrong
