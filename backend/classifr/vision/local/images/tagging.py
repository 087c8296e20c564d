"""Which tags images may have together, and writing down which they have."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, exists, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Tag, TrainingImage
from classifr.kinds import ClassificationType, TagType
from classifr.vision.local.images.intake import Refusal
from classifr.vision.refusals import NEGATIVE_AND_REGULAR, ONE_TAG_ONLY, UNKNOWN_TAG
from classifr.vision.values import ImageStatus

TagTypes = Mapping[UUID, TagType]

#: Of one image.
MAX_TAGS = 100


class Tagging:
    """The tags of some images of a project that is held, as they change; then written at once."""

    def __init__(self, types: TagTypes, *, is_single: bool) -> None:
        """types: of the project's tags that may be given, by id. is_single: one tag an image."""
        self._is_single = is_single
        self._types = types
        self._before: dict[UUID, frozenset[UUID]] = {}
        self._now: dict[UUID, frozenset[UUID]] = {}

    @classmethod
    async def load(
        cls,
        session: AsyncSession,
        project_id: UUID,
        kind: ClassificationType,
        *,
        tag_ids: Iterable[UUID],
        image_ids: Sequence[UUID],
        several: bool = False,
    ) -> "Tagging":
        """What the images bear now, and those of the tags that exist.

        several: in a Multiclass project too.
        """
        given = select(Tag.id, Tag.type).where(Tag.project_id == project_id, Tag.id.in_(tag_ids))
        borne = (
            select(ImageTag.image_id, ImageTag.tag_id, Tag.type)
            .join(Tag, Tag.id == ImageTag.tag_id)
            .where(ImageTag.image_id.in_(image_ids))
        )
        types = {row.id: TagType(row.type) for row in await session.execute(given)}
        known: dict[UUID, set[UUID]] = {image_id: set() for image_id in image_ids}
        for row in await session.execute(borne) if image_ids else ():
            known[row.image_id].add(row.tag_id)
            types[row.tag_id] = TagType(row.type)
        tagging = cls(types, is_single=kind is ClassificationType.MULTICLASS and not several)
        tagging._before = {image_id: frozenset(tags) for image_id, tags in known.items()}
        tagging._now = dict(tagging._before)
        return tagging

    def refusal(self, tag_ids: Iterable[UUID]) -> Refusal | None:
        """Why no image may be given these tags; None if one may."""
        given = frozenset(tag_ids)
        if not given <= self._types.keys():
            return Refusal(ImageStatus.TAG, UNKNOWN_TAG)
        if self._is_single and len(given) > 1:
            return Refusal(ImageStatus.TAG_LIMIT, ONE_TAG_ONLY)
        return self._excess(given) or self._mixed(given)

    def add(self, image_id: UUID, tag_ids: Iterable[UUID]) -> Refusal | None:
        """Give an image tags that are not refused; where it has one only, they replace its own."""
        given, own = frozenset(tag_ids), self._now.get(image_id, frozenset())
        wanted = given if given and self._is_single else own | given
        if (refusal := self._excess(wanted) or self._mixed(wanted)) is not None:
            return refusal
        self._now[image_id] = wanted
        return None

    def has(self, image_id: UUID, tag_id: UUID) -> bool:
        """Whether an image bears a tag now."""
        return tag_id in self._now.get(image_id, frozenset())

    def remove(self, image_id: UUID, tag_ids: Iterable[UUID]) -> None:
        """Take tags off an image."""
        self._now[image_id] -= frozenset(tag_ids)

    def is_untagged(self, image_id: UUID) -> bool:
        """Whether an image bears nothing now."""
        return not self._now.get(image_id)

    async def write(self, session: AsyncSession) -> None:
        """Bring the database to what the images bear now. New images have their rows already."""
        nothing: frozenset[UUID] = frozenset()
        gone, new, switched = [], [], []
        for image_id, tags in self._now.items():
            before = self._before.get(image_id, nothing)
            gone += [(image_id, tag_id) for tag_id in before - tags]
            new += [{"image_id": image_id, "tag_id": tag_id} for tag_id in tags - before]
            if image_id in self._before and bool(before) != bool(tags):
                switched.append(image_id)
        if gone:
            pair = tuple_(ImageTag.image_id, ImageTag.tag_id)
            await session.execute(delete(ImageTag).where(pair.in_(gone)))
        if new:
            await session.execute(insert(ImageTag), new)
        if switched:
            is_tagged = exists().where(ImageTag.image_id == TrainingImage.id)
            await session.execute(
                update(TrainingImage)
                .where(TrainingImage.id.in_(switched))
                .values(is_untagged=~is_tagged)
                .execution_options(synchronize_session=False)
            )

    def _excess(self, tag_ids: frozenset[UUID]) -> Refusal | None:
        if len(tag_ids) > MAX_TAGS:
            return Refusal(
                ImageStatus.TAG_LIMIT, f"An image has {MAX_TAGS} tags at most. Leave some out."
            )
        return None

    def _mixed(self, tag_ids: frozenset[UUID]) -> Refusal | None:
        if len(tag_ids) > 1 and any(self._types[tag] == TagType.NEGATIVE for tag in tag_ids):
            return Refusal(
                ImageStatus.NEGATIVE_AND_REGULAR,
                NEGATIVE_AND_REGULAR,
            )
        return None
