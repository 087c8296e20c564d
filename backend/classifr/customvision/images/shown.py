"""Training images as the answers show them."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import Response

from classifr.customvision.addresses import FileAddresses
from classifr.customvision.images.schemas import (
    Image,
    ImageCreateResult,
    ImageCreateSummary,
    ImageTag,
)
from classifr.customvision.renditions import Size
from classifr.customvision.wire import list_response
from classifr.vision.values import ImageResult, ImageStatus, ImageValue

#: Where their files are below `addresses.FILES`.
IMAGE_FILES = "images"


def to_image(value: ImageValue, project_id: UUID, addresses: FileAddresses) -> Image:
    """An image with addresses to fetch it from."""
    # Made by us, hence not validated: a page has 256.
    image = Image.model_construct(
        id=value.id,
        created=value.created_at,
        width=value.width,
        height=value.height,
        resized_image_uri=_address(addresses, project_id, value.id, Size.RESIZED),
        thumbnail_uri=_address(addresses, project_id, value.id, Size.THUMBNAIL),
        original_image_uri=_address(addresses, project_id, value.id, Size.ORIGINAL),
    )
    if value.tags:
        image.tags = _tags(value)
    if value.metadata:
        image.metadata = value.metadata
    return image


def list_images(
    found: Iterable[ImageValue], project_id: UUID, addresses: FileAddresses
) -> Response:
    """The answer that lists these."""
    images = (to_image(value, project_id, addresses) for value in found)
    return list_response(images, exclude_unset=True)


def to_summary(
    sources: list[str], results: list[ImageResult], project_id: UUID, addresses: FileAddresses
) -> ImageCreateSummary:
    """What became of a batch. sources: what each image was called, in the order of the results."""
    images = [
        ImageCreateResult.model_construct(
            source_url=source,
            status=result.status,
            image=to_image(result.image, project_id, addresses) if result.image else None,
        )
        for source, result in zip(sources, results, strict=True)
    ]
    is_successful = all(result.status is ImageStatus.OK for result in results)
    return ImageCreateSummary.model_construct(is_batch_successful=is_successful, images=images)


def _address(addresses: FileAddresses, project_id: UUID, image_id: UUID, size: Size) -> str:
    return addresses.sign(IMAGE_FILES, project_id, image_id, size)


def _tags(value: ImageValue) -> list[ImageTag]:
    return [
        ImageTag.model_construct(
            tag_id=tag.id, tag_name=tag.name, created=tag.created_at or value.created_at
        )
        for tag in value.tags
    ]
