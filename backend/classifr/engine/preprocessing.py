"""The one way from an image file to a backbone's input: training, serving and export share it."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifr.engine.images import load_rgb
from classifr.engine.views import View, shown_box, shown_share

UInt8Array: TypeAlias = NDArray[np.uint8]

#: To be changed with what `preprocess` gives: embeddings made before are then made again.
PREPROCESSING_VERSION = 1


def preprocess(
    data: bytes, size: int, *, max_pixels: int | None = None, view: View = View.PLAIN
) -> UInt8Array:
    """The image, or what `view` shows of it, squeezed into a square, bicubic.

    (size, size, 3) uint8, RGB.

    A large JPEG is decoded at a fraction of its size, and any other image above LARGE_PIXELS is
    averaged down by a whole factor first; what the view shows comes no smaller than twice `size`.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    at_least = math.ceil(2 * size / shown_share(view))
    image = load_rgb(data, max_pixels=max_pixels, at_least=at_least)
    box = shown_box(view, *image.size)
    pixels = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box))
    return np.ascontiguousarray(pixels[:, ::-1]) if view is View.MIRRORED else pixels
