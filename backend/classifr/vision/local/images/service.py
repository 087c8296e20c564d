"""Training images in the database and the storage."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import TrainingImage
from classifr.errors import (
    NegativeAndRegularTag,
    OneTagOnly,
    TagNotFound,
    TrainingImageNotFound,
)
from classifr.kinds import ImageOrder
from classifr.storage.port import Storage
from classifr.vision.local.images import noting, rows, search
from classifr.vision.local.images.addition import add_images
from classifr.vision.local.images.deletion import delete_images
from classifr.vision.local.images.intake import Intake
from classifr.vision.local.images.tagging import Tagging
from classifr.vision.local.locks import lock_project
from classifr.vision.values import (
    ImageFilter,
    ImageResult,
    ImageStatus,
    ImageTagPair,
    ImageValue,
    NewImage,
    NotedImage,
    OriginalFile,
    TaggingSummary,
)

_ERRORS = {
    ImageStatus.TAG: TagNotFound,
    ImageStatus.TAG_LIMIT: OneTagOnly,
    ImageStatus.NEGATIVE_AND_REGULAR: NegativeAndRegularTag,
}


class LocalImages:
    """The training images of one unit of work."""

    def __init__(self, session: AsyncSession, storage: Storage, intake: Intake) -> None:
        self._session = session
        self._storage = storage
        self._intake = intake

    async def add(
        self, project_id: UUID, images: Sequence[NewImage], *, several_tags: bool = False
    ) -> Sequence[ImageResult]:
        return await add_images(
            self._session, self._intake, project_id, images, several_tags=several_tags
        )

    async def list(
        self,
        project_id: UUID,
        *,
        tag_ids: Sequence[UUID] = (),
        is_untagged: bool = False,
        after: UUID | None = None,
        limit: int,
    ) -> Sequence[ImageValue]:
        query = rows.page(
            project_id, tag_ids=tag_ids, is_untagged=is_untagged, after=after, limit=limit
        )
        ids = (await self._session.scalars(query)).all()
        return await rows.read_values(self._session, ids)

    async def find(
        self,
        project_id: UUID,
        chosen: ImageFilter,
        *,
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> Sequence[ImageValue]:
        choice = await search.read_choice(self._session, project_id, chosen)
        query = search.page(choice, order=order, skip=skip, limit=limit)
        ids = (await self._session.scalars(query)).all()
        return await rows.read_values(self._session, ids)

    async def count(self, project_id: UUID, chosen: ImageFilter) -> int:
        choice = await search.read_choice(self._session, project_id, chosen)
        return await self._session.scalar(search.count(choice)) or 0

    async def by_ids(self, project_id: UUID, image_ids: Sequence[UUID]) -> Sequence[ImageValue]:
        known = await rows.known_ids(self._session, project_id, image_ids)
        wanted = [image_id for image_id in dict.fromkeys(image_ids) if image_id in known]
        return await rows.read_values(self._session, wanted)

    async def get(self, project_id: UUID, image_id: UUID) -> ImageValue:
        await self._require(project_id, [image_id])
        (value,) = await rows.read_values(self._session, [image_id])
        return value

    async def find_file(self, project_id: UUID, image_id: UUID) -> OriginalFile:
        query = select(TrainingImage.name, TrainingImage.image_key).where(
            TrainingImage.id == image_id, TrainingImage.project_id == project_id
        )
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise TrainingImageNotFound
        return OriginalFile(found.name, partial(self._storage.get, found.image_key))

    async def retag(
        self,
        project_id: UUID,
        image_ids: Sequence[UUID],
        *,
        add: Sequence[UUID] = (),
        remove: Sequence[UUID] = (),
    ) -> Sequence[ImageValue]:
        kind = await lock_project(self._session, project_id)
        await self._require(project_id, image_ids)
        tagging = await Tagging.load(
            self._session, project_id, kind, tag_ids=[*add, *remove], image_ids=image_ids
        )
        refusal = tagging.refusal(add)
        for image_id in image_ids:
            if refusal is None:
                tagging.remove(image_id, remove)
                refusal = tagging.add(image_id, add)
        if refusal is not None:
            raise _ERRORS[refusal.status](refusal.detail)
        await tagging.write(self._session)
        return await rows.read_values(self._session, image_ids)

    async def tag(self, project_id: UUID, pairs: Sequence[ImageTagPair]) -> TaggingSummary:
        kind = await lock_project(self._session, project_id)
        image_ids = list({pair.image_id: None for pair in pairs})
        await self._require(project_id, image_ids)
        tagging = await Tagging.load(
            self._session,
            project_id,
            kind,
            tag_ids={pair.tag_id for pair in pairs},
            image_ids=image_ids,
            several=True,
        )
        summary = TaggingSummary(created=[], duplicated=[], exceeded=[])
        for pair in pairs:
            _tag(tagging, pair, summary)
        await tagging.write(self._session)
        return summary

    async def note(
        self, project_id: UUID, image_ids: Sequence[UUID], metadata: Mapping[str, str]
    ) -> Sequence[NotedImage]:
        await lock_project(self._session, project_id)
        return await noting.note(self._session, project_id, image_ids, metadata)

    async def delete(self, project_id: UUID, image_ids: Sequence[UUID] | None) -> Sequence[UUID]:
        await lock_project(self._session, project_id)
        condition = TrainingImage.project_id == project_id
        if image_ids is not None:
            condition &= TrainingImage.id.in_(image_ids)
        return await delete_images(self._session, self._storage, condition)

    async def _require(self, project_id: UUID, image_ids: Sequence[UUID]) -> None:
        found = await rows.known_ids(self._session, project_id, image_ids)
        if missing := [image_id for image_id in image_ids if image_id not in found]:
            raise TrainingImageNotFound(
                f"The project has no image {missing[0]}. It may have been deleted."
                if len(missing) == 1
                else f"{len(missing)} of these images are not in the project, such as {missing[0]}."
            )


def _tag(tagging: Tagging, pair: ImageTagPair, summary: TaggingSummary) -> None:
    """Add one tag. Raises: TagNotFound, NegativeAndRegularTag."""
    refusal = tagging.refusal([pair.tag_id])
    if refusal is None and tagging.has(pair.image_id, pair.tag_id):
        summary.duplicated.append(pair)
        return
    refusal = refusal or tagging.add(pair.image_id, [pair.tag_id])
    if refusal is None:
        summary.created.append(pair)
    elif refusal.status is ImageStatus.TAG_LIMIT:
        summary.exceeded.append(pair)
    else:
        raise _ERRORS[refusal.status](refusal.detail)
