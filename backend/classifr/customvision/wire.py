"""What every body has in common: camelCase names, dates as Custom Vision writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

Kind = TypeVar("Kind", bound=StrEnum)


class WireModel(BaseModel):
    """A body in camelCase. Fields that are not known are passed over, as the service does."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="ignore"
    )


def _milliseconds(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ticks(time: datetime) -> str:
    # Seven digits, because the service's clock ticks ten million times a second; no zone.
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0"


#: `2020-11-06T17:34:53.692Z`: projects, iterations, predictions.
Instant = Annotated[datetime, PlainSerializer(_milliseconds, return_type=str)]
#: `2020-11-06T17:34:53.6925759`: images and their tags.
ImageInstant = Annotated[datetime, PlainSerializer(_ticks, return_type=str)]


def of_kind(kind: type[Kind]) -> BeforeValidator:
    """A validator that finds a word of `kind` in any case."""
    words = {word.lower(): word for word in kind}

    def find(value: object) -> object:
        return words.get(value.strip().lower(), value) if isinstance(value, str) else value

    return BeforeValidator(find)


def _split(values: object) -> object:
    """Several values as one text, by comma, or repeated, or both."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Sequence):
        return values
    return [part.strip() for value in values for part in str(value).split(",") if part.strip()]


IdList = Annotated[list[UUID], BeforeValidator(_split)]
#: At most 20 tags, by comma.
TagIds = Annotated[IdList, Query(alias="tagIds", max_length=20)]
#: At most 256 images, by comma.
ImageIds = Annotated[IdList, Query(alias="imageIds", max_length=256)]
TextList = Annotated[list[str], BeforeValidator(_split)]

Take = Annotated[int, Query(ge=0, le=256)]
Skip = Annotated[int, Query(ge=0, le=10_000_000)]
