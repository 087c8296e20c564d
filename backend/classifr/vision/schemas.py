"""Names and notes as every route takes them."""

from typing import Annotated

from pydantic import Field, StringConstraints

#: On one line, and nothing that a terminal obeys: whatever else a name may hold.
NAME_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]+$"

#: Of a project or an iteration; a tag, or what an iteration is published under; a description.
MOST_NAME_CHARACTERS = 256
MOST_SHORT_NAME_CHARACTERS = 128
MOST_DESCRIPTION_CHARACTERS = 4096

#: Of an image, in Custom Vision's measure.
MOST_METADATA_PAIRS = 10
MOST_KEY_CHARACTERS = 128
MOST_VALUE_CHARACTERS = 256

# A tag's name is free text without control characters, so that new categories can be named.
TagName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_SHORT_NAME_CHARACTERS),
    Field(pattern=NAME_PATTERN, examples=["cannoli"]),
]

_Key = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_KEY_CHARACTERS, pattern=r"^[^\x00]*$")
]
_Value = Annotated[str, StringConstraints(max_length=MOST_VALUE_CHARACTERS, pattern=r"^[^\x00]*$")]
#: What clients note of an image.
Metadata = Annotated[dict[_Key, _Value], Field(max_length=MOST_METADATA_PAIRS)]
