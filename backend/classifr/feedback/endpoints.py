"""POST /feedback, and the review of wrong predictions, for admins."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from classifr.accounts.dependencies import AdminUser, CurrentUser
from classifr.dependencies import SessionDep, SettingsDep, StateDep, StorageDep
from classifr.errors import (
    CursorInvalid,
    DatabaseUnavailable,
    ImageFormatUnsupported,
    ImageGone,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    PredictionAlreadyJudged,
    PredictionNotFound,
    StorageFull,
    StorageUnavailable,
    Unprocessable,
    VerdictImageMismatch,
    VerdictImageRequired,
    WrongPredictionNotFound,
)
from classifr.feedback import service
from classifr.feedback.payload import FeedbackBody, feedback_docs
from classifr.feedback.place import Place
from classifr.feedback.schemas import (
    DeletedRead,
    FeedbackRead,
    WrongPredictionFilter,
    WrongPredictionPage,
    WrongPredictionRead,
    WrongPredictionUpdate,
)
from classifr.openapi import ADMIN_ERRORS, BODY_ERRORS, SIGNED_IN_ERRORS, error_responses
from classifr.paging import RowId


class Rendition(StrEnum):
    """A way to show a stored image."""

    IMAGE = "image"  #: In its full size.
    THUMBNAIL = "thumbnail"  #: Small, for lists.


verdicts = APIRouter(tags=["feedback"])
review = APIRouter(
    prefix="/admin/wrong-predictions",
    tags=["wrong predictions (admin)"],
    responses=error_responses(*ADMIN_ERRORS),
)


@verdicts.post(
    "/feedback",
    summary="Say whether a prediction was right",
    openapi_extra=feedback_docs(),
    responses=error_responses(
        *SIGNED_IN_ERRORS,
        *BODY_ERRORS,
        PredictionNotFound,
        PredictionAlreadyJudged,
        VerdictImageRequired,
        VerdictImageMismatch,
        ImageTooLarge,
        ImageFormatUnsupported,
        ImageTooManyPixels,
        ImageUnreadable,
        StorageUnavailable,
        StorageFull,
    ),
)
async def create_feedback(
    session: SessionDep,
    storage: StorageDep,
    settings: SettingsDep,
    user: CurrentUser,
    payload: FeedbackBody,
) -> FeedbackRead:
    """Once per prediction, by its owner. A NOK keeps the image, to improve the model."""
    wrong = await service.judge_prediction(
        session, storage, settings.upload, user=user, feedback=payload
    )
    return FeedbackRead(
        prediction_id=payload.prediction_id,
        verdict=payload.verdict,
        correct_tag=payload.correct_tag,
        wrong_prediction_id=wrong.id if wrong else None,
    )


@review.get(
    "",
    summary="List wrong predictions",
    responses=error_responses(CursorInvalid, Unprocessable),
)
async def list_wrong_predictions(
    session: SessionDep,
    _: AdminUser,
    chosen: Annotated[WrongPredictionFilter, Query()],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> WrongPredictionPage:
    """Newest first."""
    after = Place.from_cursor(cursor) if cursor is not None else None
    found = await service.list_wrong_predictions(session, chosen, after=after, limit=limit + 1)
    page = [WrongPredictionRead.of(*wrong) for wrong in found[:limit]]
    return WrongPredictionPage(
        items=page,
        next=Place(page[-1].created_at, page[-1].id).to_cursor() if len(found) > limit else None,
    )


@review.delete(
    "", summary="Delete several wrong predictions", responses=error_responses(Unprocessable)
)
async def delete_wrong_predictions(
    session: SessionDep,
    storage: StorageDep,
    _: AdminUser,
    ids: Annotated[list[RowId], Query(alias="id", min_length=1, max_length=200)],
) -> DeletedRead:
    """With their images. Those already gone are named, not an error."""
    deleted = await service.delete_wrong_predictions(session, storage, ids)
    return DeletedRead(deleted=list(deleted), missing=sorted(set(ids) - set(deleted)))


@review.get(
    "/{wrong_prediction_id}",
    summary="Read one wrong prediction",
    responses=error_responses(WrongPredictionNotFound, Unprocessable),
)
async def read_wrong_prediction(
    session: SessionDep, _: AdminUser, wrong_prediction_id: RowId
) -> WrongPredictionRead:
    """One entry of the list."""
    return WrongPredictionRead.of(*await service.get_wrong_prediction(session, wrong_prediction_id))


@review.patch(
    "/{wrong_prediction_id}",
    summary="Set the correct tag",
    responses=error_responses(*BODY_ERRORS, WrongPredictionNotFound),
)
async def update_wrong_prediction(
    session: SessionDep,
    _: AdminUser,
    wrong_prediction_id: RowId,
    payload: WrongPredictionUpdate,
) -> WrongPredictionRead:
    """What the image really shows; null takes it back."""
    return WrongPredictionRead.of(
        *await service.set_correct_tag(
            session, wrong_prediction_id=wrong_prediction_id, correct_tag=payload.correct_tag
        )
    )


@review.delete(
    "/{wrong_prediction_id}",
    summary="Delete a wrong prediction",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(WrongPredictionNotFound, Unprocessable),
)
async def delete_wrong_prediction(
    session: SessionDep, storage: StorageDep, _: AdminUser, wrong_prediction_id: RowId
) -> None:
    """With its image, once it is analysed."""
    if not await service.delete_wrong_predictions(session, storage, [wrong_prediction_id]):
        raise WrongPredictionNotFound


@review.get(
    "/{wrong_prediction_id}/{rendition}",
    summary="The image, or its thumbnail",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}},
        **error_responses(
            WrongPredictionNotFound,
            ImageGone,
            ImageUnreadable,
            Unprocessable,
            DatabaseUnavailable,
            StorageUnavailable,
        ),
    },
)
async def read_image(
    state: StateDep,
    _: AdminUser,
    wrong_prediction_id: RowId,
    rendition: Rendition,
) -> Response:
    """Re-encoded as JPEG, upright and without metadata. A thumbnail's longest side is 320."""
    jpeg = await service.render_image(
        state.database,
        state.storage,
        state.render_limiter,
        wrong_prediction_id=wrong_prediction_id,
        max_side=service.THUMBNAIL_SIDE if rendition == Rendition.THUMBNAIL else None,
    )
    # Not even the admin's own browser keeps it: the next person there may be no admin.
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
