"""Embeddings in the database: which are missing, put them there, read them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.session import Database
from classifr.engine.functional import Float32Array, Int64Array

#: Vectors that are fetched at once: ten megabytes of them.
_CHUNK = 2000
_FLOAT = np.dtype("<f4")

_MISSING = text("""
    select distinct on (image.sha256) image.sha256, image.image_key, image.name
    from training_images as image
    where image.project_id = :project_id
        and exists (select from image_tags where image_id = image.id)
        and not exists (
            select from embeddings where sha256 = image.sha256 and backbone = :backbone
        )
    order by image.sha256
""")
_INSERT = text("""
    insert into embeddings (sha256, backbone, vector)
    select sha256, :backbone, vector
    from unnest(cast(:sha256s as varchar[]), cast(:vectors as bytea[])) as new (sha256, vector)
    on conflict do nothing
""")
_READ = text("""
    select sha256, vector from embeddings
    where backbone = :backbone and sha256 = any(cast(:sha256s as varchar[]))
""")


@dataclass(frozen=True)
class ImageFile:
    """A file to embed."""

    sha256: str
    image_key: str
    name: str


async def find_missing(
    session: AsyncSession, project_id: UUID, backbone_key: str
) -> list[ImageFile]:
    """The tagged images of a project that the backbone has not seen."""
    rows = await session.execute(_MISSING, {"project_id": project_id, "backbone": backbone_key})
    return [ImageFile(*row) for row in rows]


async def store_embeddings(
    session: AsyncSession, backbone_key: str, embeddings: dict[str, Float32Array]
) -> None:
    """Add those that are not there yet; embeddings: (dimension,) by SHA-256."""
    # In one order, so that two workers never wait for each other.
    sha256s = sorted(embeddings)
    vectors = [embeddings[sha256].astype(_FLOAT).tobytes() for sha256 in sha256s]
    values = {"backbone": backbone_key, "sha256s": sha256s, "vectors": vectors}
    await session.execute(_INSERT, values)


async def read_embeddings(
    database: Database, backbone_key: str, sha256s: Sequence[str], dimension: int
) -> tuple[Float32Array, Int64Array]:
    """The vectors there are, and of which entries of `sha256s` they are, in that order.

    Straight into one matrix, (found, dimension) float32: there may be half a gigabyte of them.
    """
    matrix = np.empty((len(sha256s), dimension), np.float32)
    found: list[int] = []
    async for start, vectors in _chunks(database, backbone_key, sha256s):
        for offset, sha256 in enumerate(sha256s[start : start + _CHUNK]):
            if sha256 in vectors:
                matrix[len(found)] = np.frombuffer(vectors[sha256], _FLOAT)
                found.append(start + offset)
    return matrix[: len(found)], np.array(found, np.int64)


async def _chunks(
    database: Database, backbone_key: str, sha256s: Sequence[str]
) -> AsyncIterator[tuple[int, dict[str, bytes]]]:
    for start in range(0, len(sha256s), _CHUNK):
        values = {"backbone": backbone_key, "sha256s": list(sha256s[start : start + _CHUNK])}
        async with database.transaction() as session:
            rows = (await session.execute(_READ, values)).all()
        yield start, {row.sha256: row.vector for row in rows}
