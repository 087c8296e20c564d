"""Image files in: formats, orientation, colour modes, damage, bombs."""

import io
import struct
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from classifr.engine.images.decoding import (
    FormatUnsupported,
    ImageDamaged,
    ImageError,
    ImageFormat,
    ImageHeader,
    SideTooLong,
    TooManyPixels,
    inspect_image,
    load_rgb,
)

MAX_PIXELS = 1_000_000
ORIENTATION = 0x0112


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def with_orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


def png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, *, depth: int, colour: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def photo(picture) -> Image.Image:
    return Image.fromarray(picture(60, 100))


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_every_format_is_recognised_and_decoded(photo, image_format):
    data = encoded(photo, image_format)

    assert inspect_image(data, MAX_PIXELS) == ImageHeader(image_format, 100, 60)
    assert load_rgb(data).mode == "RGB"
    assert load_rgb(data).size == (100, 60)


@pytest.mark.parametrize("image_format", ["PNG", "BMP"])
def test_lossless_pixels_come_back_unchanged(photo, image_format):
    data = encoded(photo, image_format)

    np.testing.assert_array_equal(np.asarray(load_rgb(data)), np.asarray(photo))


def test_phone_jpeg_with_a_second_picture_gives_the_first(photo):
    data = encoded(photo, "MPO", save_all=True, append_images=[Image.new("RGB", (20, 20))])
    assert Image.open(io.BytesIO(data)).format == "MPO"

    assert inspect_image(data, MAX_PIXELS) == ImageHeader(ImageFormat.JPEG, 100, 60)
    assert load_rgb(data).size == (100, 60)


@pytest.mark.parametrize("image_format", ["TIFF", "ICO", "PPM", "TGA", "PDF"])
def test_other_image_formats_are_unsupported(photo, image_format):
    data = encoded(photo, image_format)

    with pytest.raises(FormatUnsupported):
        inspect_image(data, MAX_PIXELS)
    with pytest.raises(FormatUnsupported):
        load_rgb(data)


@pytest.mark.parametrize("data", [b"", b"%", b"hello", b"<html></html>", b"PK\x03\x04" * 99])
def test_what_is_not_an_image_is_unsupported(data):
    with pytest.raises(FormatUnsupported):
        inspect_image(data, MAX_PIXELS)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_gives_the_pixels_of_the_upright_image(photo, image_format, orientation):
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = encoded(photo, image_format, exif=with_orientation(orientation), **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")

    header = inspect_image(data, MAX_PIXELS)

    assert (header.width, header.height) == upright.size
    assert upright.size == ((100, 60) if orientation < 5 else (60, 100))
    np.testing.assert_array_equal(np.asarray(load_rgb(data)), np.asarray(upright))


# A TIFF header and one entry: the orientation, as the text "abc" where a number belongs.
TEXT_ORIENTATION = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack(
    "<HHI4sI", 0x0112, 2, 4, b"abc\0", 0
)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0", with_orientation(99), TEXT_ORIENTATION]
)
def test_broken_exif_does_not_spoil_a_good_image(photo, exif):
    data = encoded(photo, "JPEG", exif=exif)

    assert inspect_image(data, MAX_PIXELS).width == 100
    assert load_rgb(data).size == (100, 60)


def test_inspection_decodes_no_pixel_of_a_png(photo, monkeypatch):
    data = encoded(photo, "PNG")
    decoded: list[Image.Image] = []

    def load(image: Image.Image) -> None:
        decoded.append(image)

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)

    assert inspect_image(data, MAX_PIXELS).height == 60
    assert decoded == []


def test_cmyk_jpeg_keeps_its_colours():
    red = Image.new("RGB", (16, 16), (200, 30, 30))

    pixels = np.asarray(load_rgb(encoded(red.convert("CMYK"), "JPEG", quality=95)))

    np.testing.assert_allclose(pixels[8, 8], (200, 30, 30), atol=6)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (256, 1), (0x8000, 128), (65535, 255)])
def test_sixteen_bit_grey_is_scaled_not_clipped(value, expected):
    data = png(2, 1, depth=16, colour=0, rows=b"\0" + struct.pack(">HH", value, value))

    assert np.asarray(load_rgb(data)).tolist() == [[[expected] * 3] * 2]


def test_sixteen_bit_colour_is_scaled_not_clipped():
    data = png(1, 1, depth=16, colour=2, rows=b"\0" + struct.pack(">HHH", 256, 0x8000, 65535))

    assert np.asarray(load_rgb(data)).tolist() == [[[1, 128, 255]]]


def test_one_bit_image_is_black_and_white():
    data = png(2, 1, depth=1, colour=0, rows=b"\0\x40")

    assert np.asarray(load_rgb(data)).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_palette_image_shows_the_colours_of_its_palette(photo):
    palette = photo.quantize(32)

    pixels = np.asarray(load_rgb(encoded(palette, "PNG")))

    np.testing.assert_array_equal(pixels, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("alpha", [0, 51, 255])
def test_alpha_is_composed_on_white(alpha):
    image = Image.new("RGBA", (1, 1), (100, 0, 0, alpha))

    pixel = np.asarray(load_rgb(encoded(image, "PNG")))[0, 0]

    share = alpha / 255
    np.testing.assert_allclose(pixel, np.array([100, 0, 0]) * share + 255 * (1 - share), atol=1)


@pytest.mark.parametrize("image_format", ["PNG", "GIF"])
def test_transparent_palette_entry_becomes_white(image_format):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    data = encoded(image, image_format, transparency=0)

    assert np.asarray(load_rgb(data)).tolist() == [[[255] * 3, [200, 100, 50]]]


def test_palette_with_many_alphas_is_composed_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.putdata([0, 1])
    data = encoded(image, "PNG", transparency=bytes([128, 255]))

    pixels = np.asarray(load_rgb(data))

    np.testing.assert_allclose(pixels[0], [[127] * 3, [200, 100, 50]], atol=1)


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_animation_gives_its_first_frame(image_format):
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = encoded(red, image_format, save_all=True, append_images=[blue], **options)

    assert np.asarray(load_rgb(data))[4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("image_format", list(ImageFormat))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_image_is_damaged(photo, image_format, share):
    data = encoded(photo.resize((300, 200)), image_format)

    with pytest.raises(ImageDamaged):
        load_rgb(data[: int(len(data) * share)])


def test_truncated_jpeg_is_damaged_when_decoded_small(photo):
    data = encoded(photo.resize((900, 900)), "JPEG")

    with pytest.raises(ImageDamaged):
        load_rgb(data[: len(data) // 2], at_least=100)


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_garbage_behind_a_good_signature_raises_only_image_errors(photo, image_format):
    good = encoded(photo, image_format)
    random = np.random.default_rng(7)
    for _ in range(150):
        bad = bytearray(good)
        for position in random.integers(4, len(good), 12):
            bad[position] = random.integers(256)
        for attempt in (lambda data: inspect_image(data, MAX_PIXELS), _load_capped):
            with suppress(ImageError):
                attempt(bytes(bad))


def _load_capped(data: bytes) -> Image.Image:
    return load_rgb(data, max_pixels=MAX_PIXELS, at_least=32)


def test_decoder_error_of_another_class_becomes_an_image_error():
    """Pillow raises a ValueError here, where it mostly raises OSError."""
    short_header = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", b"short")

    with pytest.raises(ImageDamaged, match="Truncated IHDR"):
        inspect_image(short_header, MAX_PIXELS)


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_signature_alone_is_damaged(photo, image_format):
    with pytest.raises(ImageDamaged):
        inspect_image(encoded(photo, image_format)[:14], MAX_PIXELS)


def test_pixel_cap_counts_pixels(photo):
    data = encoded(photo, "PNG")

    assert inspect_image(data, 12_000).width == 100
    with pytest.raises(TooManyPixels) as caught:
        inspect_image(data, 11_998)
    assert (caught.value.width, caught.value.height, caught.value.max_pixels) == (100, 60, 5999)
    with pytest.raises(TooManyPixels):
        load_rgb(data, max_pixels=11_998)


@pytest.mark.parametrize(
    ("image_format", "options", "share"),
    [
        ("JPEG", {}, 1),
        ("MPO", {"save_all": True, "append_images": [Image.new("RGB", (9, 9))]}, 1),
        ("JPEG", {"progressive": True}, 2),
        ("PNG", {}, 2),
        ("BMP", {}, 2),
        ("GIF", {}, 2),
        ("WEBP", {}, 4),
    ],
)
def test_what_takes_more_memory_may_have_fewer_pixels(photo, image_format, options, share):
    data = encoded(photo, image_format, **options)

    assert inspect_image(data, 6000 * share).width == 100
    with pytest.raises(TooManyPixels):
        inspect_image(data, 6000 * share - 1)


def test_jpeg_of_too_many_scans_is_refused(photo):
    """Each empty scan of ten bytes costs a pass over all pixels: 4 MB of them, half an hour."""
    data = encoded(photo, "JPEG", progressive=True)
    scan = bytes.fromhex("ffda0008010100013f0000")

    assert load_rgb(data[:-2] + 50 * scan + data[-2:]).size == (100, 60)
    with pytest.raises(ImageDamaged, match="too many scans"):
        load_rgb(data[:-2] + 100 * scan + data[-2:])


def test_gif_is_as_large_as_its_first_frame(photo):
    data = bytearray(encoded(photo, "GIF"))
    data[6:10] = struct.pack("<HH", 10, 10)

    assert inspect_image(bytes(data), MAX_PIXELS) == ImageHeader(ImageFormat.GIF, 100, 60)
    assert load_rgb(bytes(data)).size == (100, 60)


@pytest.mark.parametrize("side", [320, 641, 1279])
def test_large_jpeg_is_decoded_no_smaller_than_asked(photo, side):
    data = encoded(photo.resize((2560, 1920)), "JPEG")

    image = load_rgb(data, at_least=side)

    assert min(image.size) >= side
    assert (image.size == (2560, 1920)) == (side == 1279)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize(("size", "at_least"), [((5000, 2600), None), ((20_000, 650), 320)])
def test_no_image_is_loaded_above_the_most_pixels(image_format, size, at_least):
    data = encoded(Image.new("L", size), image_format)

    assert load_rgb(data, at_least=at_least).size == (size[0] // 2, size[1] // 2)


@pytest.mark.parametrize("size", [(20_001, 1), (1, 20_001)])
def test_endless_side_is_refused(size):
    data = encoded(Image.new("L", size), "PNG")
    with pytest.raises(SideTooLong, match="20001"):
        inspect_image(data, MAX_PIXELS)
    assert inspect_image(encoded(Image.new("L", (20_000, 1)), "PNG"), MAX_PIXELS).width == 20_000


def test_bitmap_coded_in_runs_is_refused(photo):
    data = bytearray(encoded(photo.convert("P"), "BMP"))
    data[30:34] = struct.pack("<I", 1)
    with pytest.raises(FormatUnsupported, match="run-length"):
        inspect_image(bytes(data), MAX_PIXELS)
