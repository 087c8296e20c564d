"""What the port speaks of, whichever engine answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from classifr.kinds import (
    ClassificationType,
    IterationStatus,
    ProjectStatus,
    TagType,
    TrainingStage,
    TrainingType,
)


class ImageStatus(StrEnum):
    """What became of an image that was sent for training. The words are Custom Vision's."""

    OK = "OK"  #: It is in the project now.
    DUPLICATE = "OKDuplicate"  #: It was there already; it has the new tags as well.
    FORMAT = "ErrorImageFormat"  #: Not an image we read, or a damaged one.
    SIZE = "ErrorImageSize"  #: The file is too large, or empty.
    DIMENSIONS = "ErrorImageDimensions"  #: Too wide, too high or too narrow a strip.
    STORAGE = "ErrorStorage"  #: It could not be stored.
    LIMIT = "ErrorLimitExceed"  #: The project is full.
    TAG_LIMIT = "ErrorTagLimitExceed"  #: It would have too many tags.
    TAG = "ErrorInvalidTag"  #: It names a tag the project has not.
    NEGATIVE_AND_REGULAR = "ErrorNegativeAndRegularTagOnSameImage"
    SOURCE = "ErrorSource"  #: Its prediction or address could not be read.


@dataclass(frozen=True)
class ImageFacts:
    """What an image file is."""

    width: int  #: In pixels, once upright.
    height: int  #: In pixels, once upright.
    format: str  #: JPEG, PNG ...
    size_bytes: int
    sha256: str  #: Of the file as it came, 64 hexadecimal digits.


@dataclass(frozen=True)
class Target:
    """Who is to answer: by default the latest published iteration of the default project."""

    project: str | None = None  #: Its id or its name.
    published_name: str | None = None


LATEST_OF_DEFAULT = Target()


@dataclass(frozen=True)
class Novelty:
    """How little an image is like anything a model was trained on."""

    score: float  #: In [0, 1).
    is_novel: bool  #: It shows none of the tags.


@dataclass(frozen=True)
class ProjectValue:
    """A project with what lists show of it."""

    id: UUID
    name: str
    description: str
    classification_type: ClassificationType
    is_builtin: bool
    is_default: bool  #: Answers predictions that name no project.
    tag_count: int
    image_count: int
    untagged_count: int
    created_at: datetime
    updated_at: datetime
    domain_id: UUID | None  #: Custom Vision's; the local engine keeps it for its clients.
    settings: Mapping[str, object]  #: What else they set, by its names on the wire.
    status: ProjectStatus


@dataclass(frozen=True)
class TagValue:
    """A tag with the number of its images."""

    id: UUID
    name: str
    description: str
    type: TagType
    image_count: int
    created_at: datetime | None  #: None where that is not told.


@dataclass(frozen=True)
class ImageTagValue:
    """A tag as an image bears it."""

    id: UUID
    name: str
    created_at: datetime | None = None  #: Since when; None where that is not told.


@dataclass(frozen=True)
class ImageValue:
    """A training image."""

    id: UUID
    name: str  #: Of the file it came in.
    width: int
    height: int
    format: str | None  #: With the two below, None where that is not told.
    size_bytes: int | None
    sha256: str | None
    tags: list[ImageTagValue]
    created_at: datetime
    metadata: Mapping[str, str]  #: What clients noted of it.


@dataclass(frozen=True)
class OriginalFile:
    """The file of a training image, as it came."""

    name: str
    #: Holds no transaction. Raises: ImageGone, StorageUnavailable.
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class NewImage:
    """An image file to learn from."""

    name: str
    data: bytes
    tag_ids: tuple[UUID, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MetadataTest:
    """A comparison with what clients noted of an image."""

    key: str
    value: str
    is_equal: bool  #: False: it has another value there, or none.


@dataclass(frozen=True)
class ImageFilter:
    """Which images of a project are meant: those that meet all that is said here."""

    tag_ids: tuple[UUID, ...] = ()  #: Any of them.
    is_tagged: bool | None = None
    iteration_id: UUID | None = None  #: Learned from them; those deleted since are not found.
    metadata: tuple[tuple[MetadataTest, ...], ...] = ()  #: Every test of any of these groups.


@dataclass(frozen=True)
class ImageTagPair:
    """A tag for an image."""

    image_id: UUID
    tag_id: UUID


@dataclass(frozen=True)
class TaggingSummary:
    """What became of each `ImageTagPair`."""

    created: list[ImageTagPair]
    duplicated: list[ImageTagPair]  #: The image had the tag.
    exceeded: list[ImageTagPair]  #: The image would have more tags than it may.


class MetadataStatus(StrEnum):
    """What became of metadata for an image. The words are Custom Vision's."""

    OK = "OK"  #: It is noted.
    NOT_FOUND = "ErrorImageNotFound"  #: The project has no such image.
    LIMIT = "ErrorLimitExceed"  #: The image would have more pairs than it may.


@dataclass(frozen=True)
class NotedImage:
    """What became of metadata for one image."""

    image_id: UUID
    status: MetadataStatus
    metadata: Mapping[str, str] | None  #: All that is noted of it now; None if nothing changed.


@dataclass(frozen=True)
class ImageResult:
    """What became of one `NewImage`."""

    name: str
    status: ImageStatus
    detail: str | None  #: Why it was refused and what to do; None if it was not.
    image: ImageValue | None


@dataclass(frozen=True)
class IterationTagValue:
    """One output of an iteration."""

    id: UUID
    name: str
    type: TagType


@dataclass(frozen=True)
class ExportValue:
    """An export that was asked for."""

    platform: str
    flavor: str | None


@dataclass(frozen=True)
class IterationValue:
    """A model of a project, or one in the making."""

    id: UUID
    project_id: UUID
    number: int
    name: str
    status: IterationStatus
    training_type: TrainingType
    budget_hours: int | None
    stage: TrainingStage | None
    progress: float  #: In [0, 1].
    seconds_left: float | None
    error: str | None
    tags: list[IterationTagValue]
    image_count: int
    backbone: str | None
    summary: dict[str, float | None] | None  #: Metrics at a threshold of 0.5.
    published_name: str | None
    published_at: datetime | None
    publish_resource_id: str | None  #: What a client of Custom Vision published it to.
    exports: list[ExportValue]
    selected_tag_ids: list[UUID] | None  #: None: it knows all tags of its project.
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    trained_at: datetime | None


@dataclass(frozen=True)
class PublicationValue:
    """One time that an iteration was published."""

    id: int
    name: str
    iteration_id: UUID
    iteration: str  #: Its name now.
    username: str  #: Who published it.
    published_at: datetime
    unpublished_at: datetime | None  #: None: it answers.


@dataclass(frozen=True)
class Suggestion:
    """What an iteration makes of a training image."""

    image_id: UUID
    tags: tuple[IterationTagValue, ...]  #: Every tag, likeliest first.
    probabilities: tuple[float, ...]  #: Of each of `tags`.
    uncertainty: float  #: In [0, 1]: the entropy, as a share of the most there can be.


@dataclass(frozen=True)
class SuggestedImages:
    """The untagged images for which tags are likely enough."""

    images: Sequence[tuple[UUID, float]]  #: Each with its uncertainty.
    counts: Mapping[UUID, int]  #: How many there are for each tag.


def as_id(text: str) -> UUID | None:
    """The id that was written, or None if it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
