"""Projects full of images that tests make for themselves."""

from collections.abc import Mapping
from uuid import UUID

import numpy as np
from PIL import Image
from tests.pictures import encoded

from classifr.database.session import Database
from classifr.kinds import ClassificationType, TagType
from classifr.vision.port import Vision
from classifr.vision.values import ImageStatus, NewImage

_COLOURS = [(200, 60, 40), (60, 180, 70), (50, 80, 210), (220, 200, 60)]
_STRIPES = [3, 7, 13, 29]


def dish(kind: int, seed: int) -> bytes:
    """A small image of one kind: its colour and its stripes, noise apart."""
    random = np.random.default_rng(1000 * kind + seed)
    rows = np.arange(64)[:, None, None]
    stripes = 40 * np.sign(np.sin(rows * _STRIPES[kind % 4] / 5))
    pixels = np.array(_COLOURS[kind % 4]) + stripes + random.normal(0, 40, (64, 64, 3))
    return encoded(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), "PNG")


async def make_album(
    database: Database,
    vision: Vision,
    images: Mapping[str, int],
    *,
    name: str = "Dishes",
    classification_type: ClassificationType = ClassificationType.MULTICLASS,
) -> UUID:
    """A project with so many images of each tag."""
    async with database.transaction() as session:
        project = await vision.workspace(session).projects.create(
            name=name, description="", classification_type=classification_type
        )
    await add_images(database, vision, project.id, images)
    return project.id


async def add_images(
    database: Database,
    vision: Vision,
    project_id: UUID,
    images: Mapping[str, int],
    *,
    first_seed: int = 0,
) -> None:
    """New images for tags, which are created if they are missing; kinds go by the tag's name."""
    for tag_name, count in images.items():
        async with database.transaction() as session:
            tags = vision.workspace(session).tags
            known = {tag.name: tag.id for tag in await tags.list(project_id)}
            if tag_name not in known:
                tag = await tags.create(project_id, name=tag_name, tag_type=TagType.REGULAR)
                known[tag_name] = tag.id
        kind = sum(tag_name.encode())
        new = [
            NewImage(f"{tag_name}-{seed}.png", dish(kind, seed), (known[tag_name],))
            for seed in range(first_seed, first_seed + count)
        ]
        async with database.transaction() as session:
            added = await vision.workspace(session).images.add(project_id, new)
        assert {result.status for result in added} <= {ImageStatus.OK, ImageStatus.DUPLICATE}
