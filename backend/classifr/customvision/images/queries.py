"""What lists and counts of images are asked by."""

from typing import Annotated

from fastapi import Depends, Query, Response

from classifr.customvision.addresses import Addresses
from classifr.customvision.dependencies import IterationId, ProjectId
from classifr.customvision.images.filters import parse_filter
from classifr.customvision.images.schemas import TaggingStatus
from classifr.customvision.images.shown import list_images
from classifr.customvision.wire import IdList, Skip, Take, of_kind
from classifr.dependencies import WorkspaceDep
from classifr.kinds import ImageOrder
from classifr.vision.values import ImageFilter

Order = Annotated[ImageOrder, of_kind(ImageOrder), Query(alias="orderBy")]
Status = Annotated[TaggingStatus, of_kind(TaggingStatus), Query(alias="taggingStatus")]
Expression = Annotated[str, Query(alias="$filter")]
#: At most 20 tags, by comma; none if nothing is said.
TagIds = Annotated[IdList, Query(alias="tagIds", max_length=20, default_factory=list)]
#: Counts have no such limit.
ManyTagIds = Annotated[IdList, Query(alias="tagIds", max_length=500, default_factory=list)]
#: At most 256 images, by comma; none if nothing is said.
ImageIds = Annotated[IdList, Query(alias="imageIds", max_length=256, default_factory=list)]

_IS_TAGGED = {TaggingStatus.ALL: None, TaggingStatus.TAGGED: True, TaggingStatus.UNTAGGED: False}


async def any_images(
    tag_ids: ManyTagIds,
    iteration_id: IterationId = None,
    tagging_status: Status = TaggingStatus.ALL,
    expression: Expression = "",
) -> ImageFilter:
    """Which images are meant. Raises: Refused."""
    return ImageFilter(
        tag_ids=tuple(tag_ids),
        is_tagged=_IS_TAGGED[tagging_status],
        iteration_id=iteration_id,
        metadata=parse_filter(expression),
    )


async def tagged_images(tag_ids: ManyTagIds, iteration_id: IterationId = None) -> ImageFilter:
    """Which tagged images are meant."""
    return ImageFilter(tag_ids=tuple(tag_ids), is_tagged=True, iteration_id=iteration_id)


async def untagged_images(iteration_id: IterationId = None) -> ImageFilter:
    """Which untagged images are meant."""
    return ImageFilter(is_tagged=False, iteration_id=iteration_id)


class Page:
    """Lists a part of the images that are meant."""

    def __init__(
        self,
        workspace: WorkspaceDep,
        project_id: ProjectId,
        addresses: Addresses,
        tag_ids: TagIds,
        order_by: Order = ImageOrder.NEWEST,
        take: Take = 50,
        skip: Skip = 0,
    ) -> None:
        """tag_ids: here only for their number, which has a limit in lists."""
        self._images = workspace.images
        self._project_id = project_id
        self._addresses = addresses
        self._order = order_by
        self._take = take
        self._skip = skip

    async def of(self, chosen: ImageFilter) -> Response:
        """Newest first, unless asked otherwise."""
        found = await self._images.find(
            self._project_id, chosen, order=self._order, skip=self._skip, limit=self._take
        )
        return list_images(found, self._project_id, self._addresses)


APage = Annotated[Page, Depends()]
AnyImages = Annotated[ImageFilter, Depends(any_images)]
TaggedImages = Annotated[ImageFilter, Depends(tagged_images)]
UntaggedImages = Annotated[ImageFilter, Depends(untagged_images)]
