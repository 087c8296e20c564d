"""Images out: what people are shown is always encoded anew, never the bytes that came."""

import io

from PIL import Image

from classifr.engine.images.decoding import load_rgb

_QUALITY = 88


def render_jpeg(
    data: bytes, *, max_side: int | None = None, max_pixels: int | None = None
) -> bytes:
    """A JPEG of the upright image, its longest side at most `max_side`, with no metadata at all.

    Above MAX_LOADED_PIXELS it is smaller in any case.
    Raises: FormatUnsupported, TooManyPixels, ImageDamaged.
    """
    at_least = None if max_side is None else 2 * max_side
    image = load_rgb(data, max_pixels=max_pixels, at_least=at_least)
    if max_side is not None:
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    # Pillow would carry a comment over into the new file.
    image.info = {}
    encoded = io.BytesIO()
    # To optimise, libjpeg keeps the whole image a second time: not worth it for a large one.
    image.save(encoded, "JPEG", quality=_QUALITY, optimize=max_side is not None)
    return encoded.getvalue()
