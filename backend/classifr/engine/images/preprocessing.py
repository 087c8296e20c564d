"""The one way from an image file to a backbone's input: training, serving and export share it."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifr.engine.images.decoding import ImageHeader, load_image
from classifr.engine.learning.views import View, shown_box, shown_share

UInt8Array: TypeAlias = NDArray[np.uint8]

#: To be changed with what `preprocess` gives: embeddings made before are then made again.
PREPROCESSING_VERSION = 1


@dataclass(frozen=True, eq=False)
class PreprocessedImage:
    """A backbone's input, and the image file it was made of."""

    header: ImageHeader
    pixels: UInt8Array  #: (size, size, 3), RGB.


def preprocess(
    data: bytes, size: int, *, max_pixels: int | None = None, view: View = View.PLAIN
) -> UInt8Array:
    """The image, or what `view` shows of it, squeezed into a square, bicubic.

    (size, size, 3) uint8, RGB.

    A large JPEG is decoded at a fraction of its size, and any other image above LARGE_PIXELS is
    averaged down by a whole factor first; what the view shows comes no smaller than twice `size`.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    return preprocess_image(data, size, max_pixels=max_pixels, view=view).pixels


def preprocess_image(
    data: bytes, size: int, *, max_pixels: int | None = None, view: View = View.PLAIN
) -> PreprocessedImage:
    """As `preprocess`, with what the file says of itself."""
    at_least = math.ceil(2 * size / shown_share(view))
    loaded = load_image(data, max_pixels=max_pixels, at_least=at_least)
    image = loaded.rgb
    box = shown_box(view, *image.size)
    pixels = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box))
    if view is View.MIRRORED:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    return PreprocessedImage(loaded.header, pixels)
