"""A zip file of images into a project."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import anyio
from pydantic import TypeAdapter, ValidationError

from classifr.errors import ArchiveTooLarge, ImageUnreadable, LabelsUnreadable
from classifr.forms import Form
from classifr.state import State
from classifr.training.images.labels import Labels, find_labels, labels_by_folder, read_labels
from classifr.training.images.schemas import ArchiveItem, ArchiveRead
from classifr.training.images.service import IncomingImage, add_incoming
from classifr.training.images.zip_files import Archive, Entry
from classifr.vision.images import starts_as_image
from classifr.vision.schemas import TagName
from classifr.vision.values import ImageResult, ImageStatus

_LABELS_BYTES = 32 * 1024 * 1024
#: So many files that did not go in are listed; all of them are counted.
_MOST_ITEMS = 1000
_MOST_NAME = 256  #: Letters of a name that are shown: its end, which tells it from others.
_TAG_NAME: TypeAdapter[str] = TypeAdapter(TagName)
_SUFFIXES = frozenset(
    [
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "bmp",
        "gif",
        "webp",
        "heic",
        "heif",
        "avif",
        "tif",
        "tiff",
    ]
)
"""What files are called that were meant as images, of formats we do not read as well."""


async def add_archive(
    state: State, project_id: UUID, form: Form, *, create_tags: bool
) -> ArchiveRead:
    """Add the images of the zip file in a form, group by group.

    Raises: ArchiveUnreadable, ArchiveUnsafe, ArchiveTooLarge, LabelsUnreadable, LimitReached.
    """
    upload, limits = form.files[0], state.settings.training
    if (size := upload.size) > limits.max_archive_bytes:
        raise ArchiveTooLarge
    async with state.archives:
        archive = await anyio.to_thread.run_sync(Archive, upload.file, size, limits)
        with closing(archive):
            return await _Import(state, project_id, archive).run(create_tags=create_tags)


@dataclass
class _Import:
    """One archive on its way into a project."""

    state: State
    project_id: UUID
    archive: Archive
    counts: Counter[str] = field(default_factory=Counter)
    items: list[ArchiveItem] = field(default_factory=list)

    async def run(self, *, create_tags: bool) -> ArchiveRead:
        labels_entry = find_labels(self.archive.entries)
        others = [entry for entry in self.archive.entries if entry is not labels_entry]
        # There may be a hundred thousand of everything: whatever goes over all is for a thread.
        images = await anyio.to_thread.run_sync(self._without_skipped, others)
        labels = await anyio.to_thread.run_sync(self._labels, labels_entry, images)
        names = await anyio.to_thread.run_sync(_names, labels, images)
        tag_ids = await self._tag_ids(names, create_tags=create_tags)
        incoming = await anyio.to_thread.run_sync(self._incoming, images, labels, tag_ids)
        async for result in add_incoming(self.state, self.project_id, incoming):
            self._note(result)
        return ArchiveRead(
            added=self.counts[ImageStatus.OK],
            duplicates=self.counts[ImageStatus.DUPLICATE],
            refused=self.counts["refused"],
            skipped=self.counts["skipped"],
            items=self.items,
        )

    def _without_skipped(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that were meant as images. Reads: call it in a thread."""
        images = []
        for entry in entries:
            if entry.is_litter:
                self._skip(entry, "A system file.")
            elif entry.suffix in _SUFFIXES or starts_as_image(self.archive.start(entry)):
                images.append(entry)
            else:
                self._skip(entry, "Not an image.")
        return images

    def _labels(self, entry: Entry | None, images: Sequence[Entry]) -> Labels:
        """Of the CSV file; by the folders if there is none. Reads: call it in a thread."""
        if entry is None:
            return labels_by_folder(images)
        if entry.info.file_size > _LABELS_BYTES:
            raise LabelsUnreadable("The CSV file is too large. Send the archive in parts.")
        try:
            labels = read_labels(entry, self.archive.read(entry))
        except ImageUnreadable as error:
            raise LabelsUnreadable from error
        self._refuse_absent(labels)
        return labels

    def _refuse_absent(self, labels: Labels) -> None:
        present = {entry.path for entry in self.archive.entries}
        for path in labels:
            if path not in present:
                self._refuse(path, ImageStatus.SOURCE, "It is in labels.csv, not in the archive.")

    async def _tag_ids(self, names: dict[str, str], *, create_tags: bool) -> dict[str, UUID]:
        """The tags there are, or are to be, by what the folders and the CSV file call them."""
        async with self.state.database.transaction() as session:
            tags = self.state.vision.workspace(session).tags
            if create_tags:
                known = await tags.ensure(self.project_id, list(dict.fromkeys(names.values())))
            else:
                known = {tag.name: tag.id for tag in await tags.list(self.project_id)}
        return {name: known[valid] for name, valid in names.items() if valid in known}

    def _incoming(
        self, images: Sequence[Entry], labels: Labels, tag_ids: dict[str, UUID]
    ) -> list[IncomingImage]:
        incoming = []
        for entry in images:
            names = labels.get(entry.path, ())
            if unknown := [name for name in names if name not in tag_ids]:
                self._refuse(entry.path, ImageStatus.TAG, _about_tag(unknown[0]))
                continue
            incoming.append(
                IncomingImage(
                    name=entry.path,
                    size_bytes=entry.info.file_size,
                    tag_ids=tuple(tag_ids[name] for name in names),
                    read=partial(anyio.to_thread.run_sync, self.archive.read, entry),
                )
            )
        return incoming

    def _note(self, result: ImageResult) -> None:
        if result.image is None:
            self._refuse(result.name, result.status, result.detail or "")
        else:
            self.counts[result.status] += 1

    def _refuse(self, path: str, status: ImageStatus, detail: str) -> None:
        self.counts["refused"] += 1
        self._list(path, status, detail)

    def _skip(self, entry: Entry, detail: str) -> None:
        self.counts["skipped"] += 1
        self._list(entry.path, None, detail)

    def _list(self, path: str, status: ImageStatus | None, detail: str) -> None:
        if len(self.items) < _MOST_ITEMS:
            self.items.append(ArchiveItem(name=path[-_MOST_NAME:], status=status, detail=detail))


def _names(labels: Labels, images: Sequence[Entry]) -> dict[str, str]:
    """What the images' tags are called there, and how a tag may bear it."""
    named = {name: None for entry in images for name in labels.get(entry.path, ())}
    return {name: valid for name in named if (valid := _valid(name))}


def _valid(name: str) -> str | None:
    """The name as a tag may bear it; None if none may."""
    try:
        return _TAG_NAME.validate_python(name)
    except ValidationError:
        return None


def _about_tag(name: str) -> str:
    shown = "".join(filter(str.isprintable, name))[:128]
    if _valid(name) is None:
        return f"“{shown}” cannot be the name of a tag: 1 to 128 letters, no control characters."
    return f"There is no tag “{shown}” in this project. Create it, or have tags created."
