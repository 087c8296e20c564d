"""Adding a batch of images to a project: each stands or falls alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import TrainingImage
from classifr.database.session import after_commit
from classifr.vision.local.images.intake import Intake, Refusal, StoredFile
from classifr.vision.local.images.rows import count_images, ids_by_sha256, read_values
from classifr.vision.local.images.tagging import Tagging
from classifr.vision.local.locks import lock_project, require_own
from classifr.vision.values import ImageFacts, ImageResult, ImageStatus, NewImage

_NAME_LENGTH = 256
_PROJECT_FULL = Refusal(
    ImageStatus.LIMIT, "The project has as many images as it may. Delete some first."
)

Files = dict[str, bytes]
"""The distinct files of a batch by SHA-256."""


async def add_images(
    session: AsyncSession,
    intake: Intake,
    project_id: UUID,
    images: Sequence[NewImage],
    *,
    several_tags: bool,
) -> Sequence[ImageResult]:
    """As `Images.add`. The project is held only once everything is checked and stored."""
    require_own(project_id)
    inspected = await intake.inspect(images)
    files: Files = {}
    for image, facts in zip(images, inspected, strict=True):
        if isinstance(facts, ImageFacts):
            files.setdefault(facts.sha256, image.data)
    stored = await _store_unknown(session, intake, project_id, files, {})
    kind = await lock_project(session, project_id)
    # Again, because an image that was there may have been deleted since.
    stored = await _store_unknown(session, intake, project_id, files, stored)
    known = await ids_by_sha256(session, project_id, list(files))
    tagging = await Tagging.load(
        session,
        project_id,
        kind,
        tag_ids={tag_id for image in images for tag_id in image.tag_ids},
        image_ids=list(known.values()),
        several=several_tags,
    )
    room = intake.limits.max_images - await count_images(session, project_id)
    batch = _Batch(project_id, tagging, known, stored, room)
    decided = [
        facts if isinstance(facts, Refusal) else batch.decide(image, facts)
        for image, facts in zip(images, inspected, strict=True)
    ]
    await batch.write(session)
    after_commit(session, partial(intake.discard, batch.unused_keys()))
    return await _results(session, images, decided)


@dataclass(frozen=True)
class _Accepted:
    """An image of the batch that is in the project now."""

    status: ImageStatus
    image_id: UUID


@dataclass
class _Batch:
    """What becomes of the images of a batch, one after the other, before anything is written."""

    project_id: UUID
    tagging: Tagging
    known: dict[str, UUID]  #: Images of the project by SHA-256.
    stored: dict[str, StoredFile | Refusal]  #: New files by SHA-256.
    room: int  #: How many more images the project may have.
    rows: list[dict[str, object]] = field(default_factory=list)

    def decide(self, image: NewImage, facts: ImageFacts) -> _Accepted | Refusal:
        if (refusal := self.tagging.refusal(image.tag_ids)) is not None:
            return refusal
        if (image_id := self.known.get(facts.sha256)) is not None:
            refusal = self.tagging.add(image_id, image.tag_ids)
            return refusal or _Accepted(ImageStatus.DUPLICATE, image_id)
        file = self.stored[facts.sha256]
        if isinstance(file, Refusal):
            return file
        if len(self.rows) >= self.room:
            return _PROJECT_FULL
        self.rows.append(self._row(image, facts, file))
        self.known[facts.sha256] = file.image_id
        self.tagging.add(file.image_id, image.tag_ids)
        return _Accepted(ImageStatus.OK, file.image_id)

    async def write(self, session: AsyncSession) -> None:
        for row in self.rows:
            row["is_untagged"] = self.tagging.is_untagged(cast(UUID, row["id"]))
        if self.rows:
            await session.execute(insert(TrainingImage), self.rows)
        await self.tagging.write(session)

    def unused_keys(self) -> list[str]:
        """Files that were stored and got no row."""
        used = {row["image_key"] for row in self.rows}
        files = (file for file in self.stored.values() if isinstance(file, StoredFile))
        return [file.key for file in files if file.key not in used]

    def _row(self, image: NewImage, facts: ImageFacts, file: StoredFile) -> dict[str, object]:
        return {
            "id": file.image_id,
            "project_id": self.project_id,
            "sha256": facts.sha256,
            "image_key": file.key,
            # Its end, which tells it from others in the same folder.
            "name": "".join(filter(str.isprintable, image.name))[-_NAME_LENGTH:],
            "width": facts.width,
            "height": facts.height,
            "format": facts.format,
            "size_bytes": facts.size_bytes,
            "details": dict(image.metadata),
        }


async def _store_unknown(
    session: AsyncSession,
    intake: Intake,
    project_id: UUID,
    files: Files,
    stored: dict[str, StoredFile | Refusal],
) -> dict[str, StoredFile | Refusal]:
    """Store the files that the project has not and that are not stored yet; all that are now."""
    known = await ids_by_sha256(session, project_id, list(files))
    new = [sha256 for sha256 in files if sha256 not in known and sha256 not in stored]
    if not new:
        return stored
    outcomes = await intake.store(session, project_id, [files[sha256] for sha256 in new])
    return stored | dict(zip(new, outcomes, strict=True))


async def _results(
    session: AsyncSession, images: Sequence[NewImage], decided: Iterable[_Accepted | Refusal]
) -> Sequence[ImageResult]:
    decided = list(decided)
    ids = {image.image_id: None for image in decided if isinstance(image, _Accepted)}
    values = {value.id: value for value in await read_values(session, list(ids))}
    return [
        ImageResult(image.name, outcome.status, outcome.detail, None)
        if isinstance(outcome, Refusal)
        else ImageResult(image.name, outcome.status, None, values[outcome.image_id])
        for image, outcome in zip(images, decided, strict=True)
    ]
