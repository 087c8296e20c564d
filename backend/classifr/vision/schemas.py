"""Names as every route takes them."""

from typing import Annotated

from pydantic import Field, StringConstraints

#: On one line, and nothing that a terminal obeys: whatever else a name may hold.
NAME_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]+$"

# A tag's name is free text without control characters, so that new categories can be named.
TagName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128),
    Field(pattern=NAME_PATTERN, examples=["cannoli"]),
]
