"""The tags of a model, as its row keeps them."""

from uuid import UUID

from classifr.database.models import IterationTag
from classifr.kinds import TagType
from classifr.vision.values import IterationTagValue


def to_output(tag: IterationTag) -> IterationTagValue:
    """One of them as the port shows it."""
    return IterationTagValue(UUID(tag["id"]), tag["name"], TagType(tag["type"]))
