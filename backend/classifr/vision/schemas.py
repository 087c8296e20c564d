"""Tags as every route shows and takes them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

# A tag's name is free text without control characters, so that new categories can be named.
TagName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128),
    Field(pattern=r"^[^\x00-\x1f\x7f]+$", examples=["cannoli"]),
]


@dataclass(slots=True)
class TagProbability:
    """One tag and how likely it is."""

    # Not a model: an answer holds a thousand, and a dataclass is made in a fifth of the time.
    tag: Annotated[str, Field(examples=["pizza"])]
    probability: Annotated[float, Field(ge=0, le=1, examples=[0.93])]
