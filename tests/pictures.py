"""Images that tests make for themselves."""

from io import BytesIO

import numpy as np
from PIL import Image


def picture(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """A photo-like image: colour gradients with a little seeded noise."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = [rows * 255 / height, columns * 255 / width, (rows + columns) % 256]
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    pixels = np.clip(np.stack(channels, axis=-1) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, image_format: str = "JPEG", **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def jpeg(width: int = 96, height: int = 64, seed: int = 0) -> bytes:
    """A small JPEG file."""
    return encoded(picture(width, height, seed))


#: A colour and a direction of stripes for each dish, so that a few images suffice to learn it.
_DISHES = {
    "cannoli": ((200, 160, 90), 0),
    "risotto": ((240, 220, 120), 1),
    "pizza": ((190, 50, 40), 0),
    "tiramisu": ((80, 50, 30), 1),
}


def dish(tag: str, seed: int) -> bytes:
    """A JPEG file that shows the tag: stripes in its colour, with a little seeded noise."""
    colour, axis = _DISHES[tag]
    random = np.random.default_rng(seed)
    wave = np.sin(np.arange(128) / random.uniform(3, 5) + random.uniform(0, 6)) * 40
    stripes = wave[:, None] if axis else wave[None, :]
    noise = random.normal(0, 10, (128, 128, 3))
    pixels = np.asarray(colour) + stripes[..., None] + noise
    return encoded(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), quality=90)
