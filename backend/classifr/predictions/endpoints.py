"""POST /predict, for one image or a batch; the tags and the limits."""

from fastapi import APIRouter, Request, Response

from classifr.accounts.dependencies import Anyone, CurrentUser
from classifr.dependencies import SettingsDep, StateDep, VisionDep, state_of
from classifr.errors import (
    ClassifrError,
    FormUnreadable,
    ImageFormatUnsupported,
    ImageMissing,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    MultipartExpected,
    NotPublished,
    NotReady,
    Overloaded,
    ProjectNotFound,
    RequestTooLarge,
    StorageFull,
    StorageUnavailable,
    TooManyImages,
    Unprocessable,
)
from classifr.forms import multipart_docs
from classifr.openapi import ENGINE_ERRORS, SIGNED_IN_ERRORS, error_responses, operation_id
from classifr.predictions import batch, service
from classifr.predictions.answers import as_json
from classifr.predictions.options import Project, PublishedName, options_docs, read_options
from classifr.predictions.schemas import (
    BatchRead,
    LimitsRead,
    PredictionRead,
    TagPage,
    TagRead,
)
from classifr.predictions.uploads import read_image, read_images
from classifr.routing import DirectRoute
from classifr.settings import VisionEngine
from classifr.vision.azure.images.addition import FORMATS as AZURE_FORMATS
from classifr.vision.images import FORMATS
from classifr.vision.values import Target

single = APIRouter(
    tags=["predictions"],
    # What the application gives to all that it includes.
    responses=error_responses(ClassifrError),
    route_class=DirectRoute,
    generate_unique_id_function=operation_id,
)
router = APIRouter(tags=["predictions"])

_UPLOAD_ERRORS = (
    FormUnreadable,
    RequestTooLarge,
    TooManyImages,
    MultipartExpected,
    Unprocessable,
    ImageMissing,
)

_TARGET_ERRORS = (*ENGINE_ERRORS, ProjectNotFound, NotPublished, NotReady)


@single.post(
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
        *_TARGET_ERRORS,
        Overloaded,
        StorageUnavailable,
        StorageFull,
    ),
    openapi_extra=multipart_docs("image", is_list=False) | options_docs(),
)
async def predict(request: Request, user: CurrentUser) -> Response:
    """Every tag of the published iteration with its probability, likeliest first."""
    state = state_of(request)
    options = read_options(request)
    image = await read_image(request)
    answer = await service.predict(
        state.database,
        state.storage,
        state.vision,
        state.settings.upload,
        user=user,
        data=image.data,
        store=options.store,
        target=options.target,
    )
    return Response(as_json(answer, top=options.top), media_type="application/json")


@router.post(
    "/predict/batch",
    summary="Classify several images",
    responses=error_responses(*SIGNED_IN_ERRORS, *_UPLOAD_ERRORS),
    openapi_extra=multipart_docs("images", is_list=True) | options_docs(),
)
async def predict_batch(request: Request, state: StateDep, user: CurrentUser) -> BatchRead:
    """Answers in the order of the images; one that fails does not stop the others."""
    options = read_options(request)
    async with read_images(request, state) as images:
        items = await batch.predict_batch(
            state,
            user=user,
            images=images,
            store=options.store,
            top=options.top,
            target=options.target,
        )
    return BatchRead(items=items)


@router.get(
    "/tags",
    summary="List the tags",
    responses=error_responses(*SIGNED_IN_ERRORS, *_TARGET_ERRORS, Unprocessable),
)
async def list_tags(
    vision: VisionDep,
    _: CurrentUser,
    project: Project = None,
    published_name: PublishedName = None,
) -> TagPage:
    """The tags a prediction can have now."""
    tags = await vision.tags(Target(project, published_name))
    return TagPage(items=[TagRead(name=tag) for tag in tags])


@router.get("/limits", summary="What may be sent", dependencies=[Anyone])
async def read_limits(settings: SettingsDep) -> LimitsRead:
    """Limits on images and passwords, so that callers can check before they send."""
    return LimitsRead(
        max_upload_bytes=settings.upload.max_bytes,
        max_pixels=settings.upload.max_pixels,
        max_batch_images=settings.upload.max_batch_images,
        formats=list(AZURE_FORMATS if settings.vision == VisionEngine.AZURE else FORMATS),
        min_password_length=settings.accounts.min_password_length,
    )
