"""What the forms of export have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifr.cli.client.api import Json
from classifr.cli.datasets.names import Names, safe_name
from classifr.engine.learning.split import is_held_out

TRAIN, TEST, UNTAGGED = "train", "test", "untagged"

_ENDINGS = {"PNG": ".png", "BMP": ".bmp", "GIF": ".gif", "WEBP": ".webp"}
_USUAL_ENDING = ".jpg"


@dataclass(frozen=True)
class Contents:
    """What is exported: the JSON of a project, of all its tags, and of its images."""

    project: Json
    tags: Sequence[Json]
    images: Sequence[Json]  #: The oldest first, so that names are given in the order they came.


@dataclass(frozen=True)
class Layout:
    """One form of export."""

    places: Callable[[Contents], list[Path]]
    """Where each image goes below the folder."""
    write_index: Callable[[Contents, Sequence[Path], Path], None]
    """Write everything but the images into a folder."""
    index: str
    """What to open first, below the folder."""


def tag_names(image: Json) -> list[str]:
    """The names of an image's tags."""
    return [tag["name"] for tag in image["tags"]]


def file_name(image: Json) -> str:
    """A harmless name for an image's file, after the one it came with."""
    stem = Path(image["name"].replace("\\", "/")).stem or "image"
    return safe_name(stem) + _ENDINGS.get(image["format"].upper(), _USUAL_ENDING)


def part_of(image: Json) -> str:
    """`test` for the images that models are evaluated on, `train` for the others."""
    return TEST if is_held_out(image["sha256"] or image["id"]) else TRAIN


class Shelves:
    """Names of files that differ within each folder."""

    def __init__(self) -> None:
        self._names: dict[str, Names] = {}

    def place(self, folder: str, image: Json) -> Path:
        """Where an image goes in a folder."""
        return Path(folder, self._names.setdefault(folder, Names()).take(file_name(image)))
