"""Image files as the features see them: checked against the limits, and shown again.

These functions compute; call them in a thread where a few milliseconds matter.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from classifr.engine.images import decoding, rendering
from classifr.engine.images.headers import detect_format
from classifr.errors import (
    ImageFormatUnsupported,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
)
from classifr.settings import Settings, UploadSettings
from classifr.vision.values import ImageFacts

FORMATS: tuple[str, ...] = tuple(decoding.ImageFormat)


def training_file_limits(settings: Settings) -> UploadSettings:
    """What is accepted as a training image's file, which may be larger than one to classify."""
    return UploadSettings(
        max_bytes=settings.training.max_image_bytes, max_pixels=settings.upload.max_pixels
    )


def inspect_image(data: bytes, limits: UploadSettings) -> ImageFacts:
    """The facts of an image file that is within the limits, from its header alone.

    Raises: ImageTooLarge, ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable.
    """
    check_start(data, limits.max_bytes)
    with engine_errors():
        header = decoding.inspect_image(data, limits.max_pixels)
    return facts_of(data, header)


def facts_of(data: bytes, header: decoding.ImageHeader) -> ImageFacts:
    """The facts of an image file whose header is read."""
    digest = hashlib.sha256(data).hexdigest()
    return ImageFacts(header.width, header.height, header.format, len(data), digest)


def check_start(data: bytes, max_bytes: int) -> None:
    """Refuse at a glance what is no image, or too large a file.

    Raises: ImageTooLarge, ImageFormatUnsupported, ImageUnreadable.
    """
    check_size(len(data), max_bytes)
    if not data:
        raise ImageUnreadable("The image file is empty. Choose it again.")
    if not starts_as_image(data):
        raise ImageFormatUnsupported


def starts_as_image(start: bytes) -> bool:
    """Whether a file with these first bytes announces a format that is read here."""
    return detect_format(start) is not None


def media_type(data: bytes) -> str:
    """What an image file is called in HTTP."""
    found = detect_format(data)
    return f"image/{found.lower()}" if found else "application/octet-stream"


def check_size(size_bytes: int, max_bytes: int) -> None:
    """Raises: ImageTooLarge if the file is larger than it may be."""
    if size_bytes > max_bytes:
        raise ImageTooLarge(
            f"The image file has {_megabytes(size_bytes)}; "
            f"at most {_megabytes(max_bytes)} are accepted. Send it smaller."
        )


def check_decodes(data: bytes, max_pixels: int) -> None:
    """Decode an image file to its end, at the smallest size that its decoder gives.

    Raises: ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable.
    """
    with engine_errors():
        decoding.load_rgb(data, max_pixels=max_pixels, at_least=1)


def render_jpeg(data: bytes, max_side: int | None = None) -> bytes:
    """A JPEG to show for an image accepted before: upright, encoded anew, without metadata.

    max_side: longest side of the result in pixels; None keeps the size up to 12.5 megapixels.
    Raises: ImageFormatUnsupported, ImageUnreadable.
    """
    with engine_errors():
        return rendering.render_jpeg(data, max_side=max_side)


@contextmanager
def engine_errors() -> Iterator[None]:
    """Say the engine's complaints about an image in the application's errors."""
    try:
        yield
    except decoding.FormatUnsupported as error:
        raise ImageFormatUnsupported from error
    except decoding.TooManyPixels as error:
        raise ImageTooManyPixels(
            f"The image has {error.width} x {error.height} pixels; "
            f"at most {error.max_pixels:,} pixels are accepted in a {error.kind}. Send it smaller."
        ) from error
    except decoding.SideTooLong as error:
        raise ImageTooManyPixels(
            f"The image has {error.width} x {error.height} pixels; "
            f"no side may have more than {decoding.MAX_SIDE:,}. Send it smaller."
        ) from error
    except decoding.ImageDamaged as error:
        raise ImageUnreadable from error


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.2f} MB"
