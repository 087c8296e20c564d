"""Images into a project, a group at a time, so that memory stays bounded."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from classifr.errors import ImageTooLarge, ImageUnreadable, Unprocessable
from classifr.forms import Form
from classifr.state import State
from classifr.vision.images import check_size
from classifr.vision.schemas import (
    MOST_KEY_CHARACTERS,
    MOST_METADATA_PAIRS,
    MOST_VALUE_CHARACTERS,
    Metadata,
)
from classifr.vision.values import ImageResult, ImageStatus, NewImage

_METADATA: TypeAdapter[dict[str, str]] = TypeAdapter(Metadata)

_GROUP_IMAGES = 64
_GROUP_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class IncomingImage:
    """An image file that is not in memory yet."""

    name: str
    size_bytes: int
    tag_ids: tuple[UUID, ...]
    read: Callable[[], Awaitable[bytes]]  #: Raises: ImageUnreadable.
    metadata: Mapping[str, str] = field(default_factory=dict)


async def add_form(state: State, project_id: UUID, form: Form) -> Sequence[ImageResult]:
    """Add the files of a form, each with all of the form's tags and its metadata.

    Raises: TagNotFound, Unprocessable.
    """
    metadata = _read_metadata(form)
    async with state.database.lone_statement() as session:
        tags = state.vision.workspace(session).tags
        tag_ids = tuple(await tags.resolve(project_id, form.texts("tags")))
    incoming = [
        IncomingImage(file.name, file.size, tag_ids, file.read, metadata) for file in form.files
    ]
    return [result async for result in add_incoming(state, project_id, incoming)]


async def add_incoming(
    state: State,
    project_id: UUID,
    incoming: Iterable[IncomingImage],
    *,
    several_tags: bool = False,
) -> AsyncIterator[ImageResult]:
    """What became of each, in their order. Each group is a transaction of its own.

    several_tags: as for `Images.add`.
    """
    for group in _groups(incoming):
        async with state.intakes:
            results = await _add_group(state, project_id, group, several_tags=several_tags)
        for result in results:
            yield result


def _read_metadata(form: Form) -> Mapping[str, str]:
    texts = form.texts("metadata")
    try:
        return _METADATA.validate_json(texts[-1]) if texts else {}
    except ValidationError as error:
        raise Unprocessable(
            "The field `metadata` is no JSON object of at most "
            f"{MOST_METADATA_PAIRS} texts, with keys of {MOST_KEY_CHARACTERS} characters and "
            f"values of {MOST_VALUE_CHARACTERS} at most."
        ) from error


async def _add_group(
    state: State, project_id: UUID, group: Sequence[IncomingImage], *, several_tags: bool
) -> Sequence[ImageResult]:
    max_bytes = state.settings.training.max_image_bytes
    loaded = [await _load(image, max_bytes) for image in group]
    new = [image for image in loaded if isinstance(image, NewImage)]
    async with state.database.transaction() as session:
        images = state.vision.workspace(session).images
        added = iter(await images.add(project_id, new, several_tags=several_tags))
    return [next(added) if isinstance(image, NewImage) else image for image in loaded]


async def _load(image: IncomingImage, max_bytes: int) -> NewImage | ImageResult:
    try:
        check_size(image.size_bytes, max_bytes)
        return NewImage(image.name, await image.read(), image.tag_ids, image.metadata)
    except ImageTooLarge as error:
        return ImageResult(image.name, ImageStatus.SIZE, error.detail, None)
    except ImageUnreadable as error:
        return ImageResult(image.name, ImageStatus.FORMAT, error.detail, None)


def _groups(incoming: Iterable[IncomingImage]) -> Iterator[Sequence[IncomingImage]]:
    group: list[IncomingImage] = []
    size = 0
    for image in incoming:
        if group and (len(group) == _GROUP_IMAGES or size + image.size_bytes > _GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(image)
        size += image.size_bytes
    if group:
        yield group
