"""COCO's JSON for classification: an annotation is an image and a category, without a box.

Identifiers count from 1, since pycocotools takes 0 for "none".
"""

import json
from collections.abc import Sequence
from pathlib import Path

from classifr.cli.client.api import Json
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

_INDEX = "annotations.json"
_IMAGES = "images"


def _places(contents: Contents) -> list[Path]:
    """Images without a tag lie apart: in COCO they would be images that show nothing."""
    shelves = Shelves()
    return [
        shelves.place(_IMAGES if image["tags"] else UNTAGGED, image) for image in contents.images
    ]


def _write_index(contents: Contents, places: Sequence[Path], folder: Path) -> None:
    categories = _categories(contents)
    tagged = [
        (number, image, place)
        for number, (image, place) in enumerate(zip(contents.images, places, strict=True), 1)
        if image["tags"]
    ]
    _write(folder / _INDEX, contents, categories, tagged)
    for part in (TRAIN, TEST):
        only = [one for one in tagged if part_of(one[1]) == part]
        _write(folder / f"annotations_{part}.json", contents, categories, only)


def _categories(contents: Contents) -> list[Json]:
    kinds = {tag["name"]: str(tag["type"]).lower() for tag in contents.tags}
    # A tag may be made or renamed while the images are listed.
    late = {name for image in contents.images for name in tag_names(image)} - kinds.keys()
    kinds |= dict.fromkeys(sorted(late), "regular")
    # The tag for "none of these" is a category like the others, told by its supercategory.
    return [
        {"id": number, "name": name, "supercategory": kind}
        for number, (name, kind) in enumerate(kinds.items(), 1)
    ]


def _write(
    file: Path,
    contents: Contents,
    categories: Sequence[Json],
    images: Sequence[tuple[int, Json, Path]],
) -> None:
    ids = {category["name"]: category["id"] for category in categories}
    pairs = [(number, ids[tag]) for number, image, _ in images for tag in tag_names(image)]
    index = {
        "info": {"description": contents.project["name"], "version": "1.0"},
        "licenses": [],
        "images": [
            {
                "id": number,
                "file_name": place.as_posix(),
                "width": image["width"],
                "height": image["height"],
                "date_captured": image["created_at"],
            }
            for number, image, place in images
        ],
        "categories": categories,
        "annotations": [
            {"id": number, "image_id": image, "category_id": category}
            for number, (image, category) in enumerate(pairs, 1)
        ],
    }
    file.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


COCO = Layout(_places, _write_index, index=_INDEX)
