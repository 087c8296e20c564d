"""What `load_dataset` of Hugging Face's `datasets` loads, with its splits `train` and `test`.

Labels are in a `metadata.jsonl` beside the images and not in names of folders, where a tag called
"val" or "dev" would become a split. Not in CSV either, where tags called "1" or "NA" would
become numbers and nothing.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from classifr.cli.client.api import Json
from classifr.cli.client.finding import has_several_tags
from classifr.cli.datasets.layouts.layout import (
    TEST,
    TRAIN,
    UNTAGGED,
    Contents,
    Layout,
    Shelves,
    part_of,
    tag_names,
)
from classifr.cli.terminal import remark

_INDEX = "metadata.jsonl"
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?")


def _places(contents: Contents) -> list[Path]:
    """Images without a tag lie in a folder that is no split: columns may not mix none and some."""
    shelves = Shelves()
    return [
        shelves.place(part_of(image) if image["tags"] else UNTAGGED, image)
        for image in contents.images
    ]


def _write_index(contents: Contents, places: Sequence[Path], folder: Path) -> None:
    rows: dict[str, list[Json]] = {TRAIN: [], TEST: [], UNTAGGED: []}
    for image, place in zip(contents.images, places, strict=True):
        rows[place.parts[0]].append({"file_name": place.name, **_labels(contents, image)})
    for part in (TRAIN, TEST):
        # A split without images is left out: an empty file has no columns.
        if rows[part]:
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows[part])
            (folder / part / _INDEX).write_text("".join(lines), encoding="utf-8")
    _warn_of_dates(contents)


def _labels(contents: Contents, image: Json) -> Json:
    """The column `label` of a project whose images have one tag, else `labels`."""
    names = tag_names(image)
    if has_several_tags(contents.project):
        return {"labels": names}
    return {"label": names[0]} if names else {}


def _warn_of_dates(contents: Contents) -> None:
    dates = [tag["name"] for tag in contents.tags if _DATE.fullmatch(tag["name"])]
    if dates:
        remark(
            f"Tags that are dates, such as {dates[0]}, are not read as text by `datasets`. "
            "Hint: classifr tag rename, then export again."
        )


IMAGEFOLDER = Layout(_places, _write_index, index=".")
