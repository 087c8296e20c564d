"""A folder for each tag, and `labels.csv` with every tag by its true name."""

import csv
from collections.abc import Sequence
from pathlib import Path

from classifr.cli.datasets.layouts.layout import Contents, Layout, Shelves, tag_names
from classifr.cli.datasets.names import Names, safe_name
from classifr.training.images.labels import LABELS_NAME, join_tags

# With a line in front, so that it is no likely tag.
_UNTAGGED = "_untagged"


def _places(contents: Contents) -> list[Path]:
    """Each image in the folder of its first tag."""
    folder_names, shelves = Names(), Shelves()
    folder_names.take(LABELS_NAME)
    folders: dict[str, str] = {}
    places = []
    for image in contents.images:
        tag = next(iter(tag_names(image)), "")
        if tag not in folders:
            folders[tag] = folder_names.take(safe_name(tag) if tag else _UNTAGGED)
        places.append(shelves.place(folders[tag], image))
    return places


def _write_index(contents: Contents, places: Sequence[Path], folder: Path) -> None:
    with (folder / LABELS_NAME).open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["file", "tag"])
        for image, place in zip(contents.images, places, strict=True):
            rows.writerow([place.as_posix(), join_tags(tag_names(image))])


FOLDERS = Layout(_places, _write_index, index=LABELS_NAME)
