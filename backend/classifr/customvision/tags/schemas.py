"""Tags as Custom Vision's clients send and get them."""

from typing import Annotated
from uuid import UUID

from classifr.customvision.codes import ErrorCode
from classifr.customvision.wire import WireModel, description_of, of_kind, text_of
from classifr.kinds import TagType as KnownTagType
from classifr.vision.schemas import MOST_SHORT_NAME_CHARACTERS
from classifr.vision.values import IterationTagValue, TagValue

TagName = Annotated[str, text_of(ErrorCode.TAG_NAME, most=MOST_SHORT_NAME_CHARACTERS)]
Description = Annotated[str, description_of(ErrorCode.TAG_DESCRIPTION)]
TagType = Annotated[KnownTagType, of_kind(KnownTagType, ErrorCode.TAG_TYPE)]


class TagUpdate(WireModel):
    """What is to change; what is absent or null stays."""

    name: TagName | None = None
    description: Description | None = None
    type: TagType | None = None


class Tag(WireModel):
    """A tag with the number of its images."""

    id: UUID
    name: str
    description: str
    type: KnownTagType
    image_count: int


def of_iteration(tag: IterationTagValue, present: TagValue | None) -> Tag:
    """A tag as an iteration learned it. present: what the project has of it now, if it has."""
    return Tag(
        id=tag.id,
        name=tag.name,
        description=present.description if present else "",
        type=tag.type,
        image_count=present.image_count if present else 0,
    )
