"""Which images a folder or a CSV file holds, and their tags."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifr.cli.failures import AskedWrongly
from classifr.cli.sources import has_image_name, images_below
from classifr.cli.wording import printable
from classifr.training.images.labels import LABELS_NAME, parse_labels
from classifr.vision.schemas import MOST_SHORT_NAME_CHARACTERS, NAME_PATTERN

#: Folders that part a data set; what lies in them are tags.
TRAIN_PARTS = frozenset({"train", "training"})
TEST_PARTS = frozenset({"test", "testing", "val", "valid", "validation"})


@dataclass(frozen=True)
class LabelledImage:
    """One file and what it shows."""

    path: Path
    tags: tuple[str, ...]


@dataclass(frozen=True)
class LabelledImages:
    """A labelled data set."""

    root: Path
    images: list[LabelledImage]
    untagged: list[Path] = field(default_factory=list)  #: In no tag's folder.
    missing: list[Path] = field(default_factory=list)  #: Named in the CSV file and not there.

    @property
    def tags(self) -> list[str]:
        """Every tag, in the order of its first image."""
        return list(dict.fromkeys(tag for image in self.images for tag in image.tags))

    def only(self, tags: Sequence[str]) -> "LabelledImages":
        """The images of these tags. Raises: CommandError for a tag without images."""
        wanted = {tidy_tag(tag) for tag in tags}
        if unknown := wanted - set(self.tags):
            raise AskedWrongly(
                f"{self.root} has no images of {', '.join(sorted(unknown))}.",
                hint=f"Its tags are {', '.join(self.tags)}.",
            )
        kept = [image for image in self.images if wanted & set(image.tags)]
        return LabelledImages(self.root, kept)


def read_labelled(folder: Path, labels: Path | None, *, part: frozenset[str]) -> LabelledImages:
    """The images of a folder, labelled by a CSV file or by its sub-folders.

    part: which of a data set's parts is meant, if the folder has parts.
    Raises: CommandError, OSError.
    """
    if not folder.is_dir():
        raise AskedWrongly(f"{folder} is no folder.", hint="Name the folder that holds the images.")
    if labels is not None:
        return read_labels(labels, root=folder)
    root = part_of(folder, part)
    if (root / LABELS_NAME).is_file():
        return read_labels(root / LABELS_NAME, root=root)
    return read_folder(root)


def part_of(folder: Path, part: frozenset[str]) -> Path:
    """The sub-folder with the training or the test images, if the folder has such parts.

    A tag may be called `train`: only a folder that holds nothing but parts, which hold tags, has
    parts. Raises: CommandError if it has others than the one that is meant.
    """
    children = _subfolders(folder)
    parts = [child for child in children if _subfolders(child)]
    if not parts or not {child.name.lower() for child in children} <= TRAIN_PARTS | TEST_PARTS:
        return folder
    for child in parts:
        if child.name.lower() in part:
            return child
    raise AskedWrongly(
        f"{folder} has no folder {' or '.join(sorted(part))} with a sub-folder for each tag.",
        hint="Name the folder of labelled images itself.",
    )


def test_images(root: Path) -> list[Path]:
    """The images of the test parts that lie beside a training part."""
    if root.name.lower() not in TRAIN_PARTS:
        return []
    parts = [part for part in _subfolders(root.parent) if part.name.lower() in TEST_PARTS]
    return [Path(path) for part in parts for path in images_below(str(part))]


def read_folder(root: Path) -> LabelledImages:
    """Every sub-folder is a tag; its images lie in it at any depth.

    Raises: CommandError if there is none.
    """
    images = [
        LabelledImage(Path(path), (_checked_tag(child.name, child),))
        for child in _subfolders(root)
        for path in images_below(str(child))
    ]
    if not images:
        raise AskedWrongly(
            f"{root} has no sub-folders with images.",
            hint="Make one folder for each tag, or name a CSV file with --labels.",
        )
    untagged = [path for path in sorted(root.iterdir()) if has_image_name(path.name)]
    return LabelledImages(root, images, untagged=untagged)


def read_labels(file: Path, *, root: Path) -> LabelledImages:
    """Images by a CSV file with the columns `file` (below `root`) and `tag`.

    An image with several tags has several rows, or `one;two` in one.
    Raises: LabelsUnreadable, CommandError, OSError.
    """
    images, untagged, missing = [], [], []
    for name, found in parse_labels(file.read_bytes()).items():
        path = root / name
        tags = tuple(dict.fromkeys(_checked_tag(tag, file) for tag in found))
        if not path.is_file():
            missing.append(path)
        elif tags:
            images.append(LabelledImage(path, tags))
        else:
            untagged.append(path)
    if not images and not untagged:
        absent = f": {missing[0]} is not there" if missing else ""
        raise AskedWrongly(
            f"{file} names no image{absent}.",
            hint=f"Its columns are file and tag; files are looked for below {root}.",
        )
    return LabelledImages(root, images, untagged=untagged, missing=missing)


def tidy_tag(name: str) -> str:
    """A tag's name as it is stored: file systems spell letters with accents in two ways."""
    return unicodedata.normalize("NFC", name.strip())


def _checked_tag(name: str, where: Path | str) -> str:
    tag = tidy_tag(name)
    if not _is_name(tag):
        raise AskedWrongly(
            f"{printable(str(where))} makes a tag of {printable(name)!r}.",
            hint=f"A tag has 1 to {MOST_SHORT_NAME_CHARACTERS} characters on one line.",
        )
    return tag


def _is_name(tag: str) -> bool:
    """Whether the API takes it; names of files may hold bytes that are no text at all."""
    is_text = not any(0xD800 <= ord(character) <= 0xDFFF for character in tag)
    is_short = len(tag) <= MOST_SHORT_NAME_CHARACTERS
    return is_text and is_short and re.fullmatch(NAME_PATTERN, tag) is not None


def _subfolders(folder: Path) -> list[Path]:
    """The folders in it that people see."""
    hidden = (".", "__MACOSX")
    children = [child for child in folder.iterdir() if not child.name.startswith(hidden)]
    return sorted(child for child in children if child.is_dir())
