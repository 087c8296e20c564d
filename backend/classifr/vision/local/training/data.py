"""What a project gives to learn from: its tags, its images' labels, and their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import IterationTag
from classifr.engine.functional import BoolArray, Int64Array
from classifr.kinds import ClassificationType, TrainingType

# The order of a model's outputs: a new name for a tag changes nothing.
_LEARNED = "cast(:tag_ids as uuid[]) is null or {} = any(cast(:tag_ids as uuid[]))"
_TAGS = text(f"""
    select tag.id, tag.name, tag.type, count(image_tags.image_id) as image_count
    from tags as tag left join image_tags on image_tags.tag_id = tag.id
    where tag.project_id = :project_id and ({_LEARNED.format("tag.id")})
    group by tag.id order by tag.created_at, tag.id
""")  # noqa: S608
# Sorted by what never changes, so that the same images give the same model, to the bit. Arrays,
# because a hundred thousand rows take seconds to become objects.
_TAGGED_IMAGES = f"""
    image as (
        select id, sha256, (row_number() over (order by sha256 collate "C") - 1)::int as number
        from training_images
        where project_id = :project_id
            and exists (
                select from image_tags
                where image_id = training_images.id and ({_LEARNED.format("tag_id")})
            )
    )
"""  # noqa: S608
_IMAGES = text(f"""
    with {_TAGGED_IMAGES}
    select coalesce(array_agg(id order by number), '{{}}') as ids,
        coalesce(array_agg(sha256 order by number), '{{}}') as sha256s
    from image
""")  # noqa: S608
_LABELS = text(f"""
    with {_TAGGED_IMAGES}, output as (
        select id, (row_number() over (order by created_at, id) - 1)::int as number
        from tags where project_id = :project_id and ({_LEARNED.format("id")})
    )
    select coalesce(array_agg(image.number), '{{}}') as images,
        coalesce(array_agg(output.number), '{{}}') as outputs
    from image
    join image_tags on image_tags.image_id = image.id
    join output on output.id = image_tags.tag_id
""")  # noqa: S608
_FINGERPRINT = text(f"""
    with line as (
        select image.sha256 || ' ' || image_tags.tag_id as line
        from training_images as image join image_tags on image_tags.image_id = image.id
        where image.project_id = :project_id and ({_LEARNED.format("image_tags.tag_id")})
        union all
        select 'tag ' || id || ' ' || type from tags
        where project_id = :project_id and ({_LEARNED.format("id")})
        union all
        select cast(:options as text)
    )
    select encode(
        sha256(convert_to(string_agg(line, E'\\n' order by line collate "C"), 'UTF8')), 'hex'
    )
    from line
""")  # noqa: S608


@dataclass(frozen=True)
class TagCount:
    """A tag and how many images have it."""

    id: UUID
    name: str
    type: str
    image_count: int

    @property
    def snapshot(self) -> IterationTag:
        """As an iteration keeps it."""
        return IterationTag(id=str(self.id), name=self.name, type=self.type)


@dataclass(frozen=True)
class TrainingOptions:
    """What a model depends on beside its images."""

    classification_type: ClassificationType
    training_type: TrainingType
    budget_hours: int | None
    backbone_key: str
    tag_ids: Sequence[UUID] | None = None  #: Those that it learns; None: all.

    @property
    def line(self) -> str:
        """For the fingerprint."""
        return (
            f"options {self.classification_type} {self.training_type} {self.budget_hours} "
            f"{self.backbone_key}"
        )


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The tagged images of a project at one moment, in the order of their SHA-256."""

    tags: list[TagCount]  #: In the order of the model's outputs.
    image_ids: list[UUID]
    sha256s: list[str]
    labels: BoolArray  #: (images, tags)
    fingerprint: str

    def only(self, rows: Int64Array) -> "TrainingData":
        """These images of it."""
        labels = self.labels[rows]
        counts = labels.sum(axis=0).tolist()
        return replace(
            self,
            tags=[
                replace(tag, image_count=count)
                for tag, count in zip(self.tags, counts, strict=True)
            ],
            image_ids=[self.image_ids[row] for row in rows],
            sha256s=[self.sha256s[row] for row in rows],
            labels=labels,
        )


async def count_tags(
    session: AsyncSession, project_id: UUID, tag_ids: Sequence[UUID] | None = None
) -> list[TagCount]:
    """The tags of the project, or these of them, in the order of a model's outputs."""
    rows = await session.execute(_TAGS, {"project_id": project_id, "tag_ids": tag_ids})
    return [TagCount(*row) for row in rows]


async def compute_fingerprint(
    session: AsyncSession, project_id: UUID, options: TrainingOptions
) -> str:
    """SHA-256 of everything a model would be made of; hexadecimal."""
    values = {"project_id": project_id, "options": options.line, "tag_ids": options.tag_ids}
    return str(await session.scalar(_FINGERPRINT, values))


async def load_training_data(
    session: AsyncSession, project_id: UUID, options: TrainingOptions
) -> TrainingData:
    """What there is to learn from at this moment. The transaction does nothing before."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    tags = await count_tags(session, project_id, options.tag_ids)
    learned = {"project_id": project_id, "tag_ids": options.tag_ids}
    images = (await session.execute(_IMAGES, learned)).one()
    pairs = (await session.execute(_LABELS, learned)).one()
    labels = np.zeros((len(images.ids), len(tags)), np.bool_)
    labels[np.array(pairs.images, np.int64), np.array(pairs.outputs, np.int64)] = True
    return TrainingData(
        tags=tags,
        image_ids=images.ids,
        sha256s=images.sha256s,
        labels=labels,
        fingerprint=await compute_fingerprint(session, project_id, options),
    )


def names_of(tags: Sequence[TagCount], *, most: int = 5) -> str:
    """“pizza” has 3 and “risotto” none, for a sentence; at most so many of them."""
    parts = [f"“{tag.name}” has {tag.image_count or 'none'}" for tag in tags[:most]]
    if len(tags) > most:
        parts.append(f"{len(tags) - most} others have too few")
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
