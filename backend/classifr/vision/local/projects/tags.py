"""Tags in the database."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ImageTag, Tag, TrainingImage
from classifr.errors import (
    LimitReached,
    NegativeAndRegularTag,
    NegativeTagTaken,
    TagNameTaken,
    TagNotFound,
)
from classifr.kinds import TagType
from classifr.settings import TrainingSettings
from classifr.vision.local.locks import lock_project
from classifr.vision.local.publishing import service as publishing
from classifr.vision.values import TagValue, as_id

# A model names its outputs by itself, so that it answers whatever becomes of the tags.
_RENAME_IN_ITERATIONS = text("""
    update iterations set tags = (
        select jsonb_agg(
            case when tag->>'id' = :tag_id then jsonb_set(tag, '{name}', to_jsonb(:name ::text))
            else tag end
            order by place
        )
        from jsonb_array_elements(tags) with ordinality as outputs (tag, place)
    )
    where project_id = :project_id
      and tags @> jsonb_build_array(jsonb_build_object('id', :tag_id ::text))
""")


class LocalTags:
    """The tags of one unit of work."""

    def __init__(self, session: AsyncSession, limits: TrainingSettings) -> None:
        self._session = session
        self._limits = limits

    async def create(
        self, project_id: UUID, *, name: str, description: str = "", tag_type: TagType
    ) -> TagValue:
        await lock_project(self._session, project_id)
        if await self._ids(project_id, Tag.name == name):
            raise TagNameTaken
        if tag_type == TagType.NEGATIVE:
            await self._refuse_second_negative(project_id)
        await self._require_room(project_id, 1)
        tag = Tag(project_id=project_id, name=name, description=description, type=tag_type)
        self._session.add(tag)
        await self._session.flush()
        return await self._read(project_id, tag.id)

    async def ensure(self, project_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
        if len(names) > self._limits.max_tags:
            raise LimitReached(
                f"{len(names):,} tags are named, and a project may have {self._limits.max_tags:,}."
            )
        known = await self._by_name(project_id, names)
        if missing := [name for name in dict.fromkeys(names) if name not in known]:
            await lock_project(self._session, project_id)
            known |= await self._by_name(project_id, missing)
            rows = [{"project_id": project_id, "name": n} for n in missing if n not in known]
            if rows:
                await self._require_room(project_id, len(rows))
                await self._session.execute(insert(Tag), rows)
                known |= await self._by_name(project_id, missing)
        return known

    async def resolve(self, project_id: UUID, tags: Sequence[str]) -> Sequence[UUID]:
        ids = [tag_id for tag in tags if (tag_id := as_id(tag)) is not None]
        # The database takes no text with a zero in it.
        names = [tag for tag in tags if "\x00" not in tag]
        query = select(Tag.id, Tag.name).where(
            Tag.project_id == project_id, or_(Tag.id.in_(ids), Tag.name.in_(names))
        )
        found = (await self._session.execute(query)).all()
        by_text = {row.name: row.id for row in found} | {str(row.id): row.id for row in found}
        resolved = []
        for tag in dict.fromkeys(tags):
            tag_id = by_text.get(str(as_id(tag))) or by_text.get(tag)
            if tag_id is None:
                raise TagNotFound(f"There is no tag “{tag}” in this project. Create it first.")
            resolved.append(tag_id)
        return resolved

    async def list(self, project_id: UUID) -> Sequence[TagValue]:
        query = _query(project_id).order_by(func.lower(Tag.name), Tag.name)
        return [_value(tag, images) for tag, images in await self._session.execute(query)]

    async def update(
        self,
        project_id: UUID,
        tag_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        tag_type: TagType | None = None,
    ) -> TagValue:
        await lock_project(self._session, project_id)
        before = await self._read(project_id, tag_id)
        if tag_type == TagType.NEGATIVE != before.type:
            await self._refuse_second_negative(project_id)
            await self._refuse_images_with_others(tag_id)
        changes = {"name": name, "description": description, "type": tag_type}
        changes = {column: value for column, value in changes.items() if value is not None}
        if changes:
            await self._change(tag_id, changes)
        if name not in (None, before.name):
            await self._session.execute(
                _RENAME_IN_ITERATIONS,
                {"project_id": project_id, "tag_id": str(tag_id), "name": name},
            )
            await publishing.announce(self._session)
        return await self._read(project_id, tag_id)

    async def delete(self, project_id: UUID, tag_id: UUID) -> None:
        await lock_project(self._session, project_id)
        await self._mark_untagged_without(tag_id)
        gone = await self._session.scalar(
            delete(Tag).where(Tag.id == tag_id, Tag.project_id == project_id).returning(Tag.id)
        )
        if gone is None:
            raise TagNotFound

    async def _mark_untagged_without(self, tag_id: UUID) -> None:
        tagged = select(ImageTag.image_id).where(ImageTag.tag_id == tag_id)
        has_another = exists().where(
            ImageTag.image_id == TrainingImage.id, ImageTag.tag_id != tag_id
        )
        await self._session.execute(
            update(TrainingImage)
            .where(TrainingImage.id.in_(tagged), ~has_another)
            .values(is_untagged=True)
            .execution_options(synchronize_session=False)
        )

    async def _change(self, tag_id: UUID, changes: Mapping[str, object]) -> None:
        try:
            await self._session.execute(update(Tag).where(Tag.id == tag_id).values(changes))
        except IntegrityError as error:
            raise TagNameTaken from error

    async def _refuse_second_negative(self, project_id: UUID) -> None:
        if await self._ids(project_id, Tag.type == TagType.NEGATIVE):
            raise NegativeTagTaken

    async def _refuse_images_with_others(self, tag_id: UUID) -> None:
        tagged = select(ImageTag.image_id).where(ImageTag.tag_id == tag_id)
        others = select(ImageTag.image_id).where(
            ImageTag.image_id.in_(tagged), ImageTag.tag_id != tag_id
        )
        if await self._session.scalar(others.limit(1)) is not None:
            raise NegativeAndRegularTag(
                "Some images have this tag beside others, which a negative tag cannot be. "
                "Take one of the tags off them first."
            )

    async def _require_room(self, project_id: UUID, wanted: int) -> None:
        query = select(func.count()).where(Tag.project_id == project_id)
        count = await self._session.scalar(query) or 0
        if count + wanted > self._limits.max_tags:
            raise LimitReached(
                f"The project has {count:,} tags and may have {self._limits.max_tags:,}. "
                "Delete some first."
            )

    async def _ids(self, project_id: UUID, *conditions: ColumnElement[bool]) -> Sequence[UUID]:
        query = select(Tag.id).where(Tag.project_id == project_id, *conditions)
        return (await self._session.scalars(query)).all()

    async def _by_name(self, project_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
        query = select(Tag.name, Tag.id).where(Tag.project_id == project_id, Tag.name.in_(names))
        return dict((await self._session.execute(query)).all())

    async def _read(self, project_id: UUID, tag_id: UUID) -> TagValue:
        query = _query(project_id).where(Tag.id == tag_id)
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise TagNotFound
        return _value(*found)


def _query(project_id: UUID) -> Select[Tag, int]:
    images = select(func.count()).where(ImageTag.tag_id == Tag.id).scalar_subquery()
    return (
        select(Tag, images)
        .where(Tag.project_id == project_id)
        .execution_options(populate_existing=True)
    )


def _value(tag: Tag, images: int) -> TagValue:
    return TagValue(
        id=tag.id,
        name=tag.name,
        description=tag.description,
        type=TagType(tag.type),
        image_count=images,
        created_at=tag.created_at,
    )
