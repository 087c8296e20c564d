"""What the image routes take and give."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from classifr.customvision.codes import ErrorCode
from classifr.customvision.wire import ImageInstant, WireModel, is_storable
from classifr.vision.schemas import (
    MOST_KEY_CHARACTERS,
    MOST_METADATA_PAIRS,
    MOST_VALUE_CHARACTERS,
)
from classifr.vision.values import ImageStatus, MetadataStatus

_MOST_IMAGES = 64
_MOST_TAGS = 20
_MOST_TAG_ENTRIES = 128


class TaggingStatus(StrEnum):
    """Which images are listed."""

    ALL = "All"
    TAGGED = "Tagged"
    UNTAGGED = "Untagged"


def _check_metadata(metadata: dict[str, str]) -> dict[str, str]:
    for key, value in metadata.items():
        if not 1 <= len(key) <= MOST_KEY_CHARACTERS or not is_storable(key):
            raise PydanticCustomError(
                ErrorCode.IMAGE_METADATA_KEY,
                f"A key of metadata has 1 to {MOST_KEY_CHARACTERS} characters.",
            )
        if len(value) > MOST_VALUE_CHARACTERS or not is_storable(value):
            raise PydanticCustomError(
                ErrorCode.IMAGE_METADATA_VALUE,
                f"A value of metadata has {MOST_VALUE_CHARACTERS} characters at most.",
            )
    if len(metadata) > MOST_METADATA_PAIRS:
        raise PydanticCustomError(
            ErrorCode.IMAGE_METADATA_KEY,
            f"An image has {MOST_METADATA_PAIRS} pairs of metadata at most.",
        )
    return metadata


def _no_regions(regions: list[object]) -> list[object]:
    if regions:
        raise PydanticCustomError(
            ErrorCode.IMAGE_REGIONS, "Images of a classification project have no regions."
        )
    return regions


Metadata = Annotated[dict[str, str], AfterValidator(_check_metadata)]
Regions = Annotated[list[object], AfterValidator(_no_regions)]


class Entry(WireModel):
    """An image to be created, wherever it comes from."""

    tag_ids: list[UUID] | None = None
    regions: Regions | None = None


class FileEntry(Entry):
    """An image in base64."""

    name: str | None = None
    contents: str | None = None


class UrlEntry(Entry):
    """An image at an address."""

    url: str


class PredictionEntry(Entry):
    """The image of a kept prediction."""

    id: UUID


AnyEntry = TypeVar("AnyEntry", bound=Entry)


class Batch(WireModel, Generic[AnyEntry]):
    """Images to be created, with what all of them get."""

    images: Annotated[list[AnyEntry], Field(max_length=_MOST_IMAGES)] | None = None
    tag_ids: Annotated[list[UUID], Field(max_length=_MOST_TAGS)] | None = None
    metadata: Metadata | None = None

    def tags_of(self, entry: Entry) -> tuple[UUID, ...]:
        """The tags an image gets: its own and those of the batch, each once."""
        return tuple(dict.fromkeys([*(self.tag_ids or ()), *(entry.tag_ids or ())]))


class ImageTag(WireModel):
    """A tag as an image bears it."""

    tag_id: UUID
    tag_name: str
    created: ImageInstant


class Image(WireModel):
    """A training image. `tags` and `metadata` are left out where there are none."""

    id: UUID
    created: ImageInstant
    width: int
    height: int
    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    tags: list[ImageTag] = []
    metadata: Mapping[str, str] = {}


class ImageCreateResult(WireModel):
    """What became of one image."""

    source_url: str
    status: ImageStatus
    image: Image | None


class ImageCreateSummary(WireModel):
    """What became of a batch. One that was there already makes it unsuccessful, as others do."""

    is_batch_successful: bool
    images: list[ImageCreateResult]


class ImageTagEntry(WireModel):
    """A tag for an image."""

    image_id: UUID
    tag_id: UUID


class ImageTagBatch(WireModel):
    """Tags for images."""

    tags: Annotated[list[ImageTagEntry], Field(max_length=_MOST_TAG_ENTRIES)]


class ImageTagSummary(WireModel):
    """What became of each."""

    created: Sequence[ImageTagEntry]
    duplicated: Sequence[ImageTagEntry]
    exceeded: Sequence[ImageTagEntry]


class MetadataEntry(WireModel):
    """What became of metadata for an image."""

    image_id: UUID
    status: MetadataStatus
    metadata: Mapping[str, str] | None


class MetadataSummary(WireModel):
    """What became of metadata for several images."""

    is_batch_successful: bool
    images: list[MetadataEntry]
