"""POST /predict, for one image or a batch; the tags and the limits."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from classifr.accounts.dependencies import Anyone, CurrentUser
from classifr.dependencies import SettingsDep, StateDep, VisionDep
from classifr.errors import (
    FormUnreadable,
    ImageFormatUnsupported,
    ImageMissing,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    MultipartExpected,
    NotReady,
    Overloaded,
    RequestTooLarge,
    StorageFull,
    StorageUnavailable,
    TooManyImages,
    Unprocessable,
)
from classifr.forms import multipart_docs
from classifr.openapi import SIGNED_IN_ERRORS, error_responses
from classifr.predictions import batch, service
from classifr.predictions.answers import as_json
from classifr.predictions.schemas import (
    BatchRead,
    LimitsRead,
    PredictionRead,
    TagPage,
    TagRead,
)
from classifr.predictions.uploads import ImageUpload, ImageUploads
from classifr.vision.images import FORMATS

router = APIRouter(tags=["predictions"])

_UPLOAD_ERRORS = (
    FormUnreadable,
    RequestTooLarge,
    TooManyImages,
    MultipartExpected,
    Unprocessable,
    ImageMissing,
)

Store = Annotated[
    bool,
    Query(description="Keep the image until its verdict. If false, a NOK must send it again."),
]
Top = Annotated[int | None, Query(ge=1, description="Only the likeliest tags. Default: all.")]


@router.post(
    "/predict",
    summary="Classify an image",
    response_model=PredictionRead,
    responses=error_responses(
        *SIGNED_IN_ERRORS,
        *_UPLOAD_ERRORS,
        ImageTooLarge,
        ImageFormatUnsupported,
        ImageTooManyPixels,
        ImageUnreadable,
        NotReady,
        Overloaded,
        StorageUnavailable,
        StorageFull,
    ),
    openapi_extra=multipart_docs("image", is_list=False),
)
async def predict(
    state: StateDep, user: CurrentUser, image: ImageUpload, store: Store = True, top: Top = None
) -> Response:
    """Every tag of the published iteration with its probability, likeliest first."""
    answer = await service.predict(
        state.database,
        state.storage,
        state.vision,
        state.settings.upload,
        user=user,
        data=image.data,
        store=store,
    )
    return Response(as_json(answer, top=top), media_type="application/json")


@router.post(
    "/predict/batch",
    summary="Classify several images",
    responses=error_responses(*SIGNED_IN_ERRORS, *_UPLOAD_ERRORS),
    openapi_extra=multipart_docs("images", is_list=True),
)
async def predict_batch(
    state: StateDep,
    user: CurrentUser,
    images: ImageUploads,
    store: Store = True,
    top: Top = None,
) -> BatchRead:
    """Answers in the order of the images; one that fails does not stop the others."""
    items = await batch.predict_batch(state, user=user, images=images, store=store, top=top)
    return BatchRead(items=items)


@router.get(
    "/tags", summary="List the tags", responses=error_responses(*SIGNED_IN_ERRORS, NotReady)
)
async def list_tags(vision: VisionDep, _: CurrentUser) -> TagPage:
    """The tags a prediction can have now."""
    return TagPage(items=[TagRead(name=tag) for tag in await vision.tags()])


@router.get("/limits", summary="What may be sent", dependencies=[Anyone])
async def read_limits(settings: SettingsDep) -> LimitsRead:
    """Limits on images and passwords, so that callers can check before they send."""
    return LimitsRead(
        max_upload_bytes=settings.upload.max_bytes,
        max_pixels=settings.upload.max_pixels,
        max_batch_images=settings.upload.max_batch_images,
        formats=list(FORMATS),
        min_password_length=settings.accounts.min_password_length,
    )
