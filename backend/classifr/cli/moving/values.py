"""A project of another service, as far as it is copied."""

from dataclasses import dataclass
from typing import Any


class AddressExpired(Exception):
    """The address of an image is valid no more; the service gives a new one."""


class ImageLost(Exception):
    """The service has the image in its lists and does not give it. The text says why."""


@dataclass(frozen=True)
class SourceTag:
    """A tag as the service has it."""

    id: str
    name: str
    description: str
    type: str
    image_count: int


@dataclass(frozen=True)
class SourceImage:
    """An image as the service lists it."""

    id: str
    tag_ids: frozenset[str]
    address: str  #: Needs no key, and expires.
    metadata: dict[str, str]


@dataclass(frozen=True)
class SourceIteration:
    """An iteration as the service lists it."""

    id: str
    name: str
    is_completed: bool


@dataclass(frozen=True)
class SourceProject:
    """A project with its tags."""

    id: str
    name: str
    description: str
    classification_type: str
    domain_id: str | None
    settings: dict[str, Any]  #: By their names on the wire.
    tags: tuple[SourceTag, ...]
