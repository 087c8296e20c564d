"""Tags in Custom Vision."""

from collections.abc import Sequence
from uuid import UUID

from classifr.errors import NegativeTagTaken, TagNameTaken, TagNotFound
from classifr.kinds import TagType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.wire import to_tag
from classifr.vision.azure.iterations.facts import IterationFacts
from classifr.vision.azure.projects.counting import Counting
from classifr.vision.values import TagValue, as_id


class AzureTags:
    """As `Tags`."""

    def __init__(
        self, training: TrainingConnection, counting: Counting, facts: IterationFacts
    ) -> None:
        self._training = training
        self._counting = counting
        self._facts = facts

    async def create(
        self, project_id: UUID, *, name: str, description: str = "", tag_type: TagType
    ) -> TagValue:
        known = await self.list(project_id)
        if any(tag.name == name for tag in known):
            raise TagNameTaken
        if tag_type == TagType.NEGATIVE and any(tag.type == tag_type for tag in known):
            raise NegativeTagTaken
        created = await self._training.change(
            lambda sdk: to_tag(
                sdk.create_tag(
                    str(project_id), name, description=description or None, type=str(tag_type)
                )
            ),
            # There was none, so one of this name is ours.
            find=lambda: self._find(project_id, name),
        )
        self._counting.forget(project_id)
        return created

    async def ensure(self, project_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
        known = {tag.name: tag.id for tag in await self.list(project_id)} if names else {}
        for name in names:
            if name not in known:
                tag = await self.create(project_id, name=name, tag_type=TagType.REGULAR)
                known[name] = tag.id
        return {name: known[name] for name in names}

    async def resolve(self, project_id: UUID, tags: Sequence[str]) -> Sequence[UUID]:
        known = await self.list(project_id) if tags else ()
        ids = {tag.id for tag in known}
        names = {tag.name: tag.id for tag in known}
        resolved = []
        for text in dict.fromkeys(tags):
            wanted = as_id(text)
            tag_id = wanted if wanted in ids else names.get(text)
            if tag_id is None:
                raise TagNotFound(f"There is no tag “{text}” in this project. Create it first.")
            resolved.append(tag_id)
        return resolved

    async def list(self, project_id: UUID) -> Sequence[TagValue]:
        tags = await self._training.read(
            lambda sdk: [to_tag(tag) for tag in sdk.get_tags(str(project_id))]
        )
        return sorted(tags, key=lambda tag: (tag.name.lower(), tag.name))

    async def update(
        self,
        project_id: UUID,
        tag_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        tag_type: TagType | None = None,
    ) -> TagValue:
        tag = await self._training.read(lambda sdk: sdk.get_tag(str(project_id), str(tag_id)))
        if name is not None:
            tag.name = name
        if tag_type is not None:
            tag.type = str(tag_type)
        # The client refuses to send none.
        tag.description = description if description is not None else tag.description or ""
        changed = await self._training.change(
            lambda sdk: to_tag(sdk.update_tag(str(project_id), str(tag_id), tag))
        )
        self._facts.forget_names()
        return changed

    async def delete(self, project_id: UUID, tag_id: UUID) -> None:
        await self._training.change(lambda sdk: sdk.delete_tag(str(project_id), str(tag_id)))
        self._counting.forget(project_id)

    async def _find(self, project_id: UUID, name: str) -> TagValue | None:
        return next((tag for tag in await self.list(project_id) if tag.name == name), None)
