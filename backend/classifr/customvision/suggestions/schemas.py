"""What suggested tags look like to Custom Vision's clients."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from classifr.customvision.paging import QueryToken
from classifr.customvision.predictions.schemas import ImagePrediction
from classifr.customvision.wire import WireModel, of_kind


class SortBy(StrEnum):
    """In which order images with suggestions are listed."""

    ASCENDING = "UncertaintyAscending"
    DESCENDING = "UncertaintyDescending"


class TagFilter(WireModel):
    """Which suggestions count: of these tags, or of any, and as likely as that."""

    tag_ids: list[UUID] | None = None
    threshold: float = Field(0.0, allow_inf_nan=False)


class SuggestedTagAndRegion(ImagePrediction):
    """Every tag for a training image, whose id it has."""

    prediction_uncertainty: float


class StoredSuggestedTagAndRegion(SuggestedTagAndRegion):
    """The same, with the addresses of the image."""

    width: int
    height: int
    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    domain: UUID


class SuggestedTagAndRegionQueryToken(QueryToken, TagFilter):
    """Which images are wanted."""

    sort_by: Annotated[SortBy, of_kind(SortBy)] = SortBy.ASCENDING


class SuggestedTagAndRegionQuery(WireModel):
    """A page of images, and what to send for the next one."""

    token: SuggestedTagAndRegionQueryToken
    results: list[StoredSuggestedTagAndRegion]
