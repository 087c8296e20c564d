"""Decoded pixels of any colour mode to 8-bit RGB, without a second copy of a large image."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from PIL import Image

Box: TypeAlias = tuple[int, int, int, int]

_TILE = 1024


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """The image in RGB, transparency on white; about `factor` x `factor` pixels become their mean.

    Tile by tile, so that beside `image` there is only the result. It may be `image` itself.
    """
    if factor == 1:
        if image.mode == "RGB" and not image.has_transparency_data:
            return image
        size = image.size
    else:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    result = Image.new("RGB", size)
    for box in _tiles(size, max(1, _TILE // factor)):
        result.paste(_tile(image, box, size, factor), box[:2])
    return result


def _tiles(size: tuple[int, int], side: int) -> Iterator[Box]:
    width, height = size
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield left, top, min(left + side, width), min(top + side, height)


def _tile(image: Image.Image, box: Box, size: tuple[int, int], factor: int) -> Image.Image:
    """The part of the result of that `size` which lies in `box`."""
    if factor == 1:
        return _flat(image.crop(box))
    # Not `Image.reduce`: its last column stands for fewer pixels, which stretches the image.
    across, down = image.width / size[0], image.height / size[1]
    left, top, right, bottom = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    x, y = math.floor(left), math.floor(top)
    around = (x, y, min(math.ceil(right), image.width), min(math.ceil(bottom), image.height))
    part = _flat(image.crop(around))
    exact = (left - x, top - y, min(right - x, part.width), min(bottom - y, part.height))
    return part.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BOX, exact)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow clips 16 bits at 255 where it should scale.
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(rgba, mask=rgba)
        return canvas
    return image.convert("RGB")
