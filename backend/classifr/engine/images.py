"""Image files in: what they are, and their pixels as upright RGB.

ImageError
├── FormatUnsupported: not one of the formats read here
├── TooManyPixels: above the cap, found out before any pixel was decoded
└── ImageDamaged: of a known format, but it does not decode
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

# Importing the plugins here keeps `Image.open` from importing all forty at the first WebP.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

# Pillow's own limit is a process-wide constant that warns before it raises. Here the cap is an
# argument, checked in `_open` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})


class ImageFormat(StrEnum):
    """The formats that are read, by Pillow's names."""

    JPEG = "JPEG"  #: Also MPO, the JPEG with a second picture that phones write.
    PNG = "PNG"
    BMP = "BMP"
    GIF = "GIF"  #: The first frame.
    WEBP = "WEBP"  #: The first frame.


class ImageError(Exception):
    """The bytes cannot be used as an image."""


class FormatUnsupported(ImageError):
    """The bytes are not one of the formats read here."""


class TooManyPixels(ImageError):
    """The image has more pixels than the cap."""

    def __init__(self, width: int, height: int, max_pixels: int) -> None:
        self.width = width
        self.height = height
        self.max_pixels = max_pixels
        super().__init__(f"{width} x {height} pixels, more than {max_pixels}")


class ImageDamaged(ImageError):
    """The image is damaged or incomplete; `str()` says what the decoder met."""


@dataclass(frozen=True)
class ImageHeader:
    """What an image file says of itself."""

    format: ImageFormat
    width: int  #: In pixels, once upright.
    height: int  #: In pixels, once upright.


def detect_format(data: bytes) -> ImageFormat | None:
    """The format that the first bytes announce, whatever the file is called."""
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ImageFormat.GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if data.startswith(b"BM"):
        return ImageFormat.BMP
    return None


def inspect_image(data: bytes, max_pixels: int) -> ImageHeader:
    """Format and size from the header alone; no pixel is decoded.

    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    image, image_format = _open(data, max_pixels)
    width, height = image.size
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    return ImageHeader(image_format, width, height)


def load_rgb(
    data: bytes, *, max_pixels: int | None = None, at_least: int | None = None
) -> Image.Image:
    """The image upright, in 8-bit RGB, transparency on white; the first frame of an animation.

    at_least: a JPEG may come smaller, but no side shorter than this; it then decodes faster.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    image, _ = _open(data, max_pixels)
    orientation = _orientation(image)
    with _decoding():
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        image.load()
        rgb = _to_rgb(image)
        return rgb.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else rgb


def _open(data: bytes, max_pixels: int | None) -> tuple[Image.Image, ImageFormat]:
    image_format = detect_format(data)
    if image_format is None:
        raise FormatUnsupported("the first bytes are of no known format")
    with _decoding():
        image = Image.open(io.BytesIO(data), formats=[image_format])
    if max_pixels is not None and image.width * image.height > max_pixels:
        raise TooManyPixels(image.width, image.height, max_pixels)
    return image, image_format


@contextmanager
def _decoding() -> Iterator[None]:
    """Turn whatever a decoder raises on bad bytes into ImageDamaged.

    Pillow lets SyntaxError, ValueError, struct.error, EOFError and others through.
    """
    try:
        yield
    except Exception as error:
        raise ImageDamaged(str(error) or type(error).__name__) from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 if there is none or the EXIF block is broken."""
    try:
        # The override for PNG would decode every pixel to look for EXIF behind them.
        exif = Image.Image.getexif(image)
        return int(exif.get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow clips 16 bits at 255 where it should scale.
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(rgba, mask=rgba)
        return canvas
    return image if image.mode == "RGB" else image.convert("RGB")
