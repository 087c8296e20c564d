"""What every body has in common: camelCase names, dates as Custom Vision writes them."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from classifr.customvision.codes import ErrorCode
from classifr.vision.schemas import MOST_DESCRIPTION_CHARACTERS, NAME_PATTERN

Kind = TypeVar("Kind", bound=StrEnum)


class WireModel(BaseModel):
    """A body in camelCase. Fields that are not known are passed over, as the service does."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="ignore"
    )

    @model_validator(mode="before")
    @classmethod
    def _find_names_in_any_case(cls, body: object) -> object:
        if not isinstance(body, dict):
            return body
        aliases = _aliases(cls)
        return {aliases.get(str(name).lower(), name): value for name, value in body.items()}


@cache
def _aliases(model: type[BaseModel]) -> dict[str, str]:
    """The fields' names on the wire, by their lower case."""
    return {
        field.alias.lower(): field.alias for field in model.model_fields.values() if field.alias
    }


def _milliseconds(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ticks(time: datetime) -> str:
    # Seven digits, because the service's clock ticks ten million times a second; no zone.
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0"


#: `2020-11-06T17:34:53.692Z`: projects, iterations, predictions.
Instant = Annotated[datetime, PlainSerializer(_milliseconds, return_type=str)]
#: `2020-11-06T17:34:53.6925759`: images and their tags.
ImageInstant = Annotated[datetime, PlainSerializer(_ticks, return_type=str)]


def of_kind(kind: type[Kind], code: ErrorCode = ErrorCode.BAD_REQUEST) -> BeforeValidator:
    """A validator that finds a word of `kind` in any case. code: of the error for others."""
    words = {word.lower(): word for word in kind}

    def find(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, str) and (found := words.get(value.strip().lower())):
            return found
        raise PydanticCustomError(code, f"This must be one of: {', '.join(kind)}.")

    return BeforeValidator(find)


def is_storable(text: str) -> bool:
    """Whether the database can hold it: JSON can spell what is no character."""
    return "\0" not in text and text.encode("utf-8", "ignore").decode() == text


def _check_storable(text: str) -> str:
    if not is_storable(text):
        raise PydanticCustomError(ErrorCode.BAD_REQUEST, "It has what is no character.")
    return text


Text = Annotated[str, AfterValidator(_check_storable)]


def text_of(code: ErrorCode, *, least: int = 1, most: int) -> AfterValidator:
    """A validator of a name on one line. code: of the error for others."""

    def check(value: str | None) -> str | None:
        if value is None:
            return None
        value = value.strip()
        is_one_line = not value or (re.match(NAME_PATTERN, value) and is_storable(value))
        if not least <= len(value) <= most or not is_one_line:
            raise PydanticCustomError(
                code, f"This must have {least} to {most} characters, on one line."
            )
        return value

    return AfterValidator(check)


def description_of(code: ErrorCode) -> AfterValidator:
    """A validator of a description. code: of the error for others."""

    def check(value: str | None) -> str | None:
        if value is not None and (
            len(value) > MOST_DESCRIPTION_CHARACTERS or not is_storable(value)
        ):
            raise PydanticCustomError(
                code, f"It may have {MOST_DESCRIPTION_CHARACTERS} characters."
            )
        return value

    return AfterValidator(check)


def split_by_comma(values: object) -> object:
    """Several values as one text, by comma, or repeated, or both."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Sequence):
        return values
    return [part.strip() for value in values for part in str(value).split(",") if part.strip()]


IdList = Annotated[list[UUID], BeforeValidator(split_by_comma)]

Take = Annotated[int, Query(ge=0, le=256)]
Skip = Annotated[int, Query(ge=0, le=10_000_000)]


def list_response(models: Iterable[WireModel], *, exclude_unset: bool = False) -> Response:
    """The answer that lists bodies of ours, hence not validated: a page may have thousands."""
    bodies = (model.model_dump_json(by_alias=True, exclude_unset=exclude_unset) for model in models)
    return Response(f"[{','.join(bodies)}]", media_type="application/json")
