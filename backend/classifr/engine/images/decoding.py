"""Image files in: what they are, and their pixels as upright RGB.

ImageError
├── FormatUnsupported: not one of the formats read here
├── SideTooLong: longer than what a camera makes
├── TooManyPixels: above the cap, found out before any pixel was decoded
└── ImageDamaged: of a known format, but it does not decode

Memory: a file of a hundred bytes can ask for gigabytes. So each kind of file has a cap that follows
from what its decoder holds per pixel, large images shrink while they are converted, and all threads
share one budget. The peak stays near 200 MB, whatever comes (`tests/unit/engine/test_memory.py`).
"""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Importing the plugins here keeps `Image.open` from importing all forty at the first WebP.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from classifr.engine.images.conversion import to_rgb
from classifr.engine.images.headers import (
    ImageFormat,
    detect_format,
    is_run_length_bmp,
    is_single_scan_jpeg,
)
from classifr.engine.images.memory import MemoryBudget, return_large_blocks

__all__ = [
    "FormatUnsupported",
    "ImageDamaged",
    "ImageError",
    "ImageFormat",
    "ImageHeader",
    "LoadedImage",
    "SideTooLong",
    "TooManyPixels",
    "inspect_image",
    "load_image",
    "load_rgb",
]

# Pillow's own limit is a process-wide constant that warns before it raises. Here the cap is an
# argument, checked in `_open` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
return_large_blocks(4 * 1024 * 1024)

#: An image that still has more pixels than this once decoded is shrunk by a whole factor first.
LARGE_PIXELS = 6_000_000
#: Shrinking a longer side to the backbone's input would take memory by the length of that side.
MAX_SIDE = 20_000
#: No image has more pixels than this once loaded.
MAX_LOADED_PIXELS = 12_500_000

_BUDGET = MemoryBudget(200_000_000)
# Pillow keeps four bytes a pixel, whatever the colours.
_BYTES_PER_PIXEL = 4
# Pillow's WebP decoder keeps two canvases, and hands its pixels over in a third.
_WEBP_BYTES_PER_PIXEL = 12
_COEFFICIENT_BYTES = 2
# Ordinary progressive files have about ten. Each costs a pass over the whole image, be it empty.
_MAX_SCANS = 100

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


class ImageError(Exception):
    """The bytes cannot be used as an image."""


class FormatUnsupported(ImageError):
    """The bytes are not one of the formats read here."""


class TooManyPixels(ImageError):
    """The image has more pixels than the cap of its kind."""

    def __init__(self, width: int, height: int, kind: str, max_pixels: int) -> None:
        self.width = width
        self.height = height
        self.kind = kind  #: What the cap is for: "GIF", "progressive JPEG".
        self.max_pixels = max_pixels
        super().__init__(f"{width} x {height} pixels, more than {max_pixels} in a {kind}")


class SideTooLong(ImageError):
    """A side has more pixels than MAX_SIDE."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        super().__init__(f"{width} x {height} pixels, a side longer than {MAX_SIDE}")


class ImageDamaged(ImageError):
    """The image is damaged or incomplete; `str()` says what the decoder met."""


@dataclass(frozen=True)
class ImageHeader:
    """What an image file says of itself."""

    format: ImageFormat
    width: int  #: In pixels, once upright.
    height: int  #: In pixels, once upright.


@dataclass(frozen=True)
class LoadedImage:
    """A decoded image file."""

    header: ImageHeader
    rgb: Image.Image  #: Upright, perhaps smaller than the header says.


@dataclass(frozen=True)
class _OpenImage:
    """A file whose header is read and whose pixels are not."""

    image: Image.Image
    format: ImageFormat
    has_many_scans: bool  #: A JPEG that is decoded in several passes.


def inspect_image(data: bytes, max_pixels: int) -> ImageHeader:
    """Format and size from the header alone; no pixel is decoded.

    max_pixels: as for `load_rgb`. Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    opened = _open(data, max_pixels)
    return _header(opened, _orientation(opened.image))


def load_rgb(
    data: bytes, *, max_pixels: int | None = None, at_least: int | None = None
) -> Image.Image:
    """The image upright, in 8-bit RGB, transparency on white; the first frame of an animation.

    max_pixels: for a JPEG that decodes in one pass; a quarter of it for WebP, half for the others.
    at_least: a JPEG, or an image above LARGE_PIXELS, may come smaller by a whole factor, but no
    side shorter than this. Above MAX_LOADED_PIXELS it comes smaller in any case.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    return load_image(data, max_pixels=max_pixels, at_least=at_least).rgb


def load_image(
    data: bytes, *, max_pixels: int | None = None, at_least: int | None = None
) -> LoadedImage:
    """As `load_rgb`, with what the file says of itself, which is read only once."""
    opened = _open(data, max_pixels)
    image = opened.image
    orientation = _orientation(image)
    header = _header(opened, orientation)
    with _decoding():
        kept_beside = _bytes_kept_beside(opened)
        _draft(image, at_least)
        factor = _reduction(image.size, at_least)
        decoded = _BYTES_PER_PIXEL * image.width * image.height
        with _BUDGET.reserve(kept_beside + decoded + decoded // factor**2):
            image.load()
            # The names go, so that what they hold goes before the next copy is made.
            del opened
            image = to_rgb(image, factor)
            if orientation in _UPRIGHT:
                image = image.transpose(_UPRIGHT[orientation])
    return LoadedImage(header, image)


def _header(opened: _OpenImage, orientation: int) -> ImageHeader:
    width, height = opened.image.size
    if orientation in _SIDEWAYS:
        width, height = height, width
    return ImageHeader(opened.format, width, height)


class _FirstFrameGif(GifImagePlugin.GifImageFile):
    """Pillow's, without the area to clear after a frame.

    It makes that area while it opens the file, before anyone can ask how large it is: 43 bytes take
    4 GB.
    """

    disposal_method = property(lambda _: 0, lambda _self, _value: None)


def _open(data: bytes, max_pixels: int | None) -> _OpenImage:
    image_format = detect_format(data)
    if image_format is None:
        raise FormatUnsupported("the first bytes are of no known format")
    if image_format is ImageFormat.BMP and is_run_length_bmp(data):
        raise FormatUnsupported("a bitmap with run-length coding, which decodes too slowly")
    has_many_scans = image_format is ImageFormat.JPEG and not is_single_scan_jpeg(data)
    with _decoding():
        file = io.BytesIO(data)
        if image_format is ImageFormat.GIF:
            image: Image.Image = _FirstFrameGif(file)
        else:
            image = Image.open(file, formats=[image_format])
        if has_many_scans and data.count(b"\xff\xda") > _MAX_SCANS:
            raise ImageDamaged("a JPEG of too many scans")
    if max(image.size) > MAX_SIDE:
        raise SideTooLong(image.width, image.height)
    opened = _OpenImage(image, image_format, has_many_scans)
    if max_pixels is not None:
        _check_pixels(opened, max_pixels)
    return opened


def _check_pixels(opened: _OpenImage, max_pixels: int) -> None:
    kind, cap = str(opened.format), max_pixels // 2
    if opened.format is ImageFormat.WEBP:
        cap = max_pixels // 4
    elif opened.has_many_scans:
        kind = "progressive JPEG"
    elif opened.format is ImageFormat.JPEG:
        cap = max_pixels
    width, height = opened.image.size
    if width * height > cap:
        raise TooManyPixels(width, height, kind, cap)


def _bytes_kept_beside(opened: _OpenImage) -> int:
    """What the decoder holds besides the pixels it gives."""
    pixels = opened.image.width * opened.image.height
    if opened.format is ImageFormat.WEBP:
        return _WEBP_BYTES_PER_PIXEL * pixels
    if opened.has_many_scans:
        return _COEFFICIENT_BYTES * len(opened.image.getbands()) * pixels
    return 0


def _draft(image: Image.Image, at_least: int | None) -> None:
    """Have a JPEG decoded at 1/2, 1/4 or 1/8, as far as `at_least` and MAX_LOADED_PIXELS say."""
    shorter = min(image.size)
    side = at_least or max(image.size)
    while side > 1 and math.prod(image.size) > MAX_LOADED_PIXELS * max(1, shorter // side) ** 2:
        side //= 2
    image.draft(None, (side, side))


def _reduction(size: tuple[int, int], at_least: int | None) -> int:
    pixels = math.prod(size)
    factor = math.ceil(math.sqrt(pixels / MAX_LOADED_PIXELS))
    if at_least is not None and pixels > LARGE_PIXELS:
        factor = max(factor, min(size) // at_least)
    return max(1, factor)


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
