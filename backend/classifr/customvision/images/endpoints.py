"""The training images of a project: listed, counted, tagged, noted of, deleted."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import Addresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import ProjectId
from classifr.customvision.errors import Refused
from classifr.customvision.images.queries import (
    AnyImages,
    APage,
    ImageIds,
    TaggedImages,
    UntaggedImages,
)
from classifr.customvision.images.schemas import (
    ImageTagBatch,
    ImageTagSummary,
    Metadata,
    MetadataEntry,
    MetadataSummary,
)
from classifr.customvision.images.shown import list_images
from classifr.customvision.wire import IdList
from classifr.dependencies import WorkspaceDep
from classifr.vision.values import ImageTagPair, MetadataStatus

router = APIRouter(prefix="/projects/{project_id}/images", route_class=KeyFirst)


@router.get("")
async def get_images(page: APage, chosen: AnyImages) -> Response:
    """Images, tagged or not."""
    return await page.of(chosen)


@router.get("/tagged")
async def get_tagged_images(page: APage, chosen: TaggedImages) -> Response:
    """Images with a tag, or with any of those asked for."""
    return await page.of(chosen)


@router.get("/untagged")
async def get_untagged_images(page: APage, chosen: UntaggedImages) -> Response:
    """Images without any tag."""
    return await page.of(chosen)


@router.get("/count")
async def get_image_count(workspace: WorkspaceDep, project_id: ProjectId, chosen: AnyImages) -> int:
    """How many images."""
    return await workspace.images.count(project_id, chosen)


@router.get("/tagged/count")
async def get_tagged_image_count(
    workspace: WorkspaceDep, project_id: ProjectId, chosen: TaggedImages
) -> int:
    """How many images with a tag, or with any of those asked for."""
    return await workspace.images.count(project_id, chosen)


@router.get("/untagged/count")
async def get_untagged_image_count(
    workspace: WorkspaceDep, project_id: ProjectId, chosen: UntaggedImages
) -> int:
    """How many images without any tag."""
    return await workspace.images.count(project_id, chosen)


@router.get("/id")
async def get_images_by_ids(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    addresses: Addresses,
    image_ids: ImageIds,
) -> Response:
    """Those of the ids that the project has, in their order."""
    found = await workspace.images.by_ids(project_id, image_ids)
    return list_images(found, project_id, addresses)


@router.delete("", status_code=204)
async def delete_images(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    image_ids: ImageIds,
    is_all: Annotated[bool, Query(alias="allImages")] = False,
) -> None:
    """Those of the ids that are there, or all. Models that learned from them stay as they are."""
    if is_all == bool(image_ids):
        raise Refused(
            ErrorCode.BAD_REQUEST, "Name images in imageIds, or say allImages=true; one of them."
        )
    await workspace.images.delete(project_id, None if is_all else image_ids)


@router.post("/tags")
async def create_image_tags(
    workspace: WorkspaceDep, project_id: ProjectId, batch: ImageTagBatch
) -> ImageTagSummary:
    """Tags for images: all of them, or an error and none."""
    pairs = [ImageTagPair(entry.image_id, entry.tag_id) for entry in batch.tags]
    return ImageTagSummary.model_validate(await workspace.images.tag(project_id, pairs))


@router.delete("/tags", status_code=204)
async def delete_image_tags(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    image_ids: Annotated[IdList, Query(alias="imageIds", min_length=1, max_length=64)],
    tag_ids: Annotated[IdList, Query(alias="tagIds", min_length=1, max_length=20)],
) -> None:
    """Take tags off images; those that they have not are no error."""
    await workspace.images.retag(project_id, list(dict.fromkeys(image_ids)), remove=tag_ids)


@router.post("/metadata")
async def update_image_metadata(
    workspace: WorkspaceDep,
    project_id: ProjectId,
    response: Response,
    image_ids: Annotated[IdList, Query(alias="imageIds", min_length=1, max_length=256)],
    metadata: Annotated[Metadata, Body()],
) -> MetadataSummary:
    """Note something of images. What else is noted of them stays."""
    noted = await workspace.images.note(project_id, list(dict.fromkeys(image_ids)), metadata)
    is_successful = all(each.status is MetadataStatus.OK for each in noted)
    if not is_successful:
        response.status_code = 207
    images = [MetadataEntry.model_validate(each) for each in noted]
    return MetadataSummary(is_batch_successful=is_successful, images=images)
