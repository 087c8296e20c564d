"""The photos that are sent: real ones from a folder, or made ones of the same size and weight."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

SIDE = 512
TWELVE_MEGAPIXELS = (4000, 3000)
_MOST_TWELVE_MEGAPIXELS_BYTES = 4_000_000


def load_photos(folder: Path | None, count: int) -> list[bytes]:
    """`count` JPEG files of 512 pixels: spread evenly over `folder`, or made if that is None."""
    if folder is None:
        return [make_photo(seed) for seed in range(count)]
    paths = sorted(path for path in folder.rglob("*.jpg") if path.is_file())
    if len(paths) < count:
        raise SystemExit(f"{folder} has {len(paths)} JPEG files; {count} are needed.")
    return [path.read_bytes() for path in paths[:: len(paths) // count][:count]]


def make_photo(seed: int) -> bytes:
    """A JPEG of 512 x 384 pixels whose detail falls off with its size, as in photographs."""
    height, width = SIDE * 3 // 4, SIDE
    rng = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    amplitude = 1 / np.maximum(radius, 1 / width) ** 1.2
    # (channels, H, W): each channel is mostly brightness, with some colour of its own.
    noise = rng.standard_normal((4, height, width))
    planes = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real
    pixels = planes[:1] + 0.3 * planes[1:]
    scaled = 128 + 48 * (pixels - pixels.mean()) / pixels.std()
    image = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8).transpose(1, 2, 0))
    return _jpeg(image, quality=88)


def make_twelve_megapixels(photos: list[bytes]) -> bytes:
    """A JPEG of 4000 x 3000 pixels, a mosaic of `photos`, under the default upload limit."""
    width, height = TWELVE_MEGAPIXELS
    mosaic = Image.new("RGB", (width, height))
    tiles = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in photos]
    across = -(-width // SIDE)
    for index in range(across * -(-height // SIDE)):
        tile = tiles[index % len(tiles)].resize((SIDE, SIDE))
        mosaic.paste(tile, (index % across * SIDE, index // across * SIDE))
    # A camera's pixels are softer than those of a photo that was made small.
    softened = mosaic.filter(ImageFilter.GaussianBlur(1))
    return jpeg_within(softened, _MOST_TWELVE_MEGAPIXELS_BYTES)


def jpeg_within(image: Image.Image, most_bytes: int, *, quality: int = 90) -> bytes:
    """A JPEG file of this quality, or of the next lower one that is light enough."""
    for tried in range(quality, 30, -5):
        encoded = _jpeg(image, quality=tried)
        if len(encoded) <= most_bytes:
            return encoded
    raise AssertionError("no quality makes the image light enough")


def distinct(photos: list[bytes], number: int) -> list[bytes]:
    """So many files, no two the same; decoders pass over what follows an image's end."""
    return [photos[index % len(photos)] + b"%06d" % index for index in range(number)]


def resized(photo: bytes, width: int, image_format: str) -> bytes:
    """The photo with another width, in another format."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    image = image.resize((width, max(1, image.height * width // image.width)))
    encoded = io.BytesIO()
    image.save(encoded, image_format)
    return encoded.getvalue()


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=quality)
    return encoded.getvalue()
