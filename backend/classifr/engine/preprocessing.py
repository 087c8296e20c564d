"""The one way from an image file to a backbone's input: training, serving and export share it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifr.engine.images import load_rgb

UInt8Array: TypeAlias = NDArray[np.uint8]

#: To be changed with what `preprocess` gives: embeddings made before are then made again.
PREPROCESSING_VERSION = 1


def preprocess(data: bytes, size: int, *, max_pixels: int | None = None) -> UInt8Array:
    """The whole image squeezed into a square, bicubic: (size, size, 3) uint8, RGB.

    A large JPEG is decoded at a fraction of its size, and any other image above LARGE_PIXELS is
    averaged down by a whole factor first; neither comes smaller than twice `size`.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    image = load_rgb(data, max_pixels=max_pixels, at_least=2 * size)
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC))
