"""The training images of a project: /projects/{project}/images."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import anyio
from fastapi import APIRouter, Depends, Query, Response

from classifr.dependencies import StateDep, WorkspaceDep
from classifr.errors import (
    ArchiveTooLarge,
    ArchiveUnreadable,
    ArchiveUnsafe,
    BuiltinProject,
    CorrectTagMissing,
    CursorInvalid,
    FormUnreadable,
    ImageGone,
    ImageMissing,
    ImageUnreadable,
    LabelsUnreadable,
    LimitReached,
    MultipartExpected,
    NegativeAndRegularTag,
    OneTagOnly,
    RequestTooLarge,
    StorageFull,
    StorageUnavailable,
    TagNotFound,
    TooManyImages,
    TrainingImageNotFound,
    Unprocessable,
)
from classifr.forms import multipart_docs
from classifr.openapi import BODY_ERRORS, error_responses
from classifr.training.dependencies import PROJECT_ERRORS, PathText, ProjectId
from classifr.training.images import archive, service, wrong_predictions
from classifr.training.images.schemas import (
    ArchiveRead,
    DeletedImagesRead,
    FromWrongPredictions,
    ImageResults,
    Retag,
    RetaggedRead,
    TrainingImagePage,
    TrainingImageRead,
)
from classifr.training.images.uploads import ArchiveForm, ImageForm
from classifr.vision.images import render_jpeg
from classifr.vision.values import OriginalFile

THUMBNAIL_SIDE = 320

_UPLOAD_ERRORS = (
    *PROJECT_ERRORS,
    BuiltinProject,
    FormUnreadable,
    ImageMissing,
    MultipartExpected,
    RequestTooLarge,
    StorageFull,
    StorageUnavailable,
    TooManyImages,
    Unprocessable,
)
_FILE_ERRORS = (
    *PROJECT_ERRORS,
    TrainingImageNotFound,
    ImageGone,
    StorageUnavailable,
    Unprocessable,
)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


class Rendition(StrEnum):
    """A way to show a training image."""

    IMAGE = "image"  #: In its full size.
    THUMBNAIL = "thumbnail"  #: Small, for lists.


router = APIRouter(
    prefix="/projects/{project}/images",
    tags=["training images"],
    responses=error_responses(*PROJECT_ERRORS, Unprocessable),
)


async def find_file(state: StateDep, project_id: ProjectId, image_id: UUID) -> OriginalFile:
    """The file of the image in the address; nothing is held while it is read.

    Raises: TrainingImageNotFound.
    """
    async with state.database.lone_statement() as session:
        return await state.vision.workspace(session).images.find_file(project_id, image_id)


FoundFile = Annotated[OriginalFile, Depends(find_file)]


@router.get(
    "",
    summary="List the images of a project",
    responses=error_responses(*PROJECT_ERRORS, CursorInvalid, TagNotFound),
)
async def list_images(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    tags: Annotated[
        list[PathText] | None,
        Query(alias="tag", max_length=500, description="A tag's id or name; any of several."),
    ] = None,
    untagged: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> TrainingImagePage:
    """Newest first. The totals come with the project and its tags."""
    if tags and untagged:
        raise Unprocessable("Ask for images with a tag or for untagged ones, not for both.")
    found = await workspace.images.list(
        project_id,
        tag_ids=await workspace.tags.resolve(project_id, tags) if tags else (),
        is_untagged=untagged,
        after=_place(cursor) if cursor is not None else None,
        limit=limit + 1,
    )
    page = [TrainingImageRead.model_validate(image) for image in found[:limit]]
    return TrainingImagePage(items=page, next=page[-1].id.hex if len(found) > limit else None)


@router.post(
    "",
    summary="Add images to a project",
    responses=error_responses(*_UPLOAD_ERRORS, TagNotFound),
    openapi_extra=multipart_docs(
        "images",
        is_list=True,
        tags={
            "type": "array",
            "items": {"type": "string"},
            "description": "Ids or names of tags, which all of the images get.",
        },
        metadata={
            "type": "string",
            "description": "A JSON object of texts that is noted of all of the images.",
        },
    ),
)
async def add_images(state: StateDep, project_id: ProjectId, form: ImageForm) -> ImageResults:
    """What became of each, in their order; one that is refused does not stop the others.

    A file that the project has already is no second image: it gets the tags as well, or in their
    place in a Multiclass project.
    """
    return ImageResults.of(await service.add_form(state, project_id, form))


@router.post(
    "/archive",
    summary="Add the images of a zip file",
    responses=error_responses(
        *_UPLOAD_ERRORS,
        ArchiveTooLarge,
        ArchiveUnreadable,
        ArchiveUnsafe,
        LabelsUnreadable,
        LimitReached,
    ),
    openapi_extra=multipart_docs("archive", is_list=False, description="A zip file"),
)
async def add_archive(
    state: StateDep,
    project_id: ProjectId,
    form: ArchiveForm,
    create_tags: Annotated[bool, Query(description="Create the tags that are missing.")] = True,
) -> ArchiveRead:
    """Each image gets the folder it lies in as its tag, or what a `labels.csv` says.

    `labels.csv` has the columns `file` and `tag`; a file is in several rows, or its tags are
    joined by `;`, if it has several. Whatever is no image is skipped. If the answer does not
    arrive, send the archive again: what is there already is no second image.
    """
    return await archive.add_archive(state, project_id, form, create_tags=create_tags)


@router.post(
    "/from-wrong-predictions",
    summary="Learn from wrong predictions",
    responses=error_responses(
        *PROJECT_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        CorrectTagMissing,
        LimitReached,
        StorageFull,
        StorageUnavailable,
    ),
)
async def add_wrong_predictions(
    state: StateDep, project_id: ProjectId, payload: FromWrongPredictions
) -> ImageResults:
    """Each goes in under its correct tag, created if missing, and leaves the review unless kept."""
    return ImageResults.of(
        await wrong_predictions.add_wrong_predictions(
            state, project_id, payload.ids, keep=payload.keep
        )
    )


@router.delete(
    "",
    summary="Delete images",
    responses=error_responses(*PROJECT_ERRORS, Unprocessable, BuiltinProject),
)
async def delete_images(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    ids: Annotated[list[UUID] | None, Query(alias="id", max_length=256)] = None,
    is_all: Annotated[bool, Query(alias="all", description="Every image of the project.")] = False,
) -> DeletedImagesRead:
    """Those already gone are named, not an error. What is published goes on answering."""
    if is_all == bool(ids):
        raise Unprocessable("Name the images by `id`, or say `all=true` to delete every one.")
    deleted = await workspace.images.delete(project_id, None if is_all else ids)
    return DeletedImagesRead(deleted=list(deleted), missing=sorted(set(ids or ()) - set(deleted)))


@router.post(
    "/tags",
    summary="Tag images",
    responses=error_responses(
        *PROJECT_ERRORS,
        *BODY_ERRORS,
        BuiltinProject,
        OneTagOnly,
        NegativeAndRegularTag,
        TagNotFound,
        TrainingImageNotFound,
    ),
)
async def retag_images(
    workspace: WorkspaceDep, project_id: ProjectId, payload: Retag
) -> RetaggedRead:
    """All of them or none. In a Multiclass project a new tag replaces the one before."""
    images = await workspace.images.retag(
        project_id,
        list(dict.fromkeys(payload.image_ids)),
        add=payload.add,
        remove=payload.remove,
    )
    return RetaggedRead(items=[TrainingImageRead.model_validate(image) for image in images])


@router.get(
    "/{image_id}",
    summary="Read a training image's facts",
    responses=error_responses(*PROJECT_ERRORS, TrainingImageNotFound),
)
async def read_training_image(
    workspace: WorkspaceDep, project_id: ProjectId, image_id: UUID
) -> TrainingImageRead:
    """One entry of the list."""
    return TrainingImageRead.model_validate(await workspace.images.get(project_id, image_id))


@router.get(
    "/{image_id}/original",
    summary="A training image's file",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": _BINARY}},
        **error_responses(*_FILE_ERRORS),
    },
)
async def read_original(original: FoundFile, image_id: UUID) -> Response:
    """The bytes as they came, to be saved and not shown."""
    data = await original.read()
    name = quote(original.name.replace("\\", "/").rpartition("/")[2] or f"{image_id}", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get(
    "/{image_id}/{rendition}",
    summary="A training image, or its thumbnail",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": _BINARY}},
        **error_responses(*_FILE_ERRORS, ImageUnreadable),
    },
)
async def read_rendition(state: StateDep, original: FoundFile, rendition: Rendition) -> Response:
    """Re-encoded as JPEG, upright and without metadata. A thumbnail's longest side is 320."""
    data = await original.read()
    max_side = THUMBNAIL_SIDE if rendition == Rendition.THUMBNAIL else None
    jpeg = await anyio.to_thread.run_sync(render_jpeg, data, max_side, limiter=state.render_limiter)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _place(cursor: str) -> UUID:
    """The image that a cursor names. Raises: CursorInvalid."""
    try:
        return UUID(cursor)
    except ValueError as error:
        raise CursorInvalid from error
