"""From an image file to the backbone's input."""

import io

import numpy as np
import pytest
from PIL import Image

from classifr.engine.images import ImageDamaged, TooManyPixels
from classifr.engine.preprocessing import preprocess

ORIENTATION = 0x0112


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def test_whole_image_becomes_a_square_by_bicubic(picture):
    image = Image.fromarray(picture(500, 700))

    pixels = preprocess(encoded(image, "PNG"), 320)

    assert pixels.shape == (320, 320, 3)
    assert pixels.dtype == np.uint8
    expected = image.resize((320, 320), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(pixels, np.asarray(expected))


@pytest.mark.parametrize("size", [(1, 1), (2, 999), (320, 320)])
def test_any_shape_becomes_the_square(picture, size):
    data = encoded(Image.fromarray(picture(*size)), "PNG")

    assert preprocess(data, 320).shape == (320, 320, 3)


def test_image_stored_on_its_side_gives_the_same_input(picture):
    upright = Image.fromarray(picture(500, 700))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    on_its_side = encoded(upright.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)

    np.testing.assert_array_equal(
        preprocess(on_its_side, 320), preprocess(encoded(upright, "PNG"), 320)
    )


def test_decoding_a_large_jpeg_small_changes_little():
    y, x, channel = np.ogrid[0:1800, 0:2400, 0:3]
    waves = 128 + 60 * np.sin(x / 8 + channel) + 60 * np.cos(y / 6.4)
    data = encoded(Image.fromarray(waves.astype(np.uint8)), "JPEG", quality=95)
    whole = Image.open(io.BytesIO(data)).resize((320, 320), Image.Resampling.BICUBIC)

    difference = preprocess(data, 320).astype(int) - np.asarray(whole)

    # Measured: 0.31 on average and 2 at most; decoded no smaller than the input, 0.8 and 4.
    assert np.abs(difference).mean() < 0.5
    assert np.abs(difference).max() < 4


def test_cap_and_damage_are_reported(picture):
    data = encoded(Image.fromarray(picture(100, 100)), "PNG")

    with pytest.raises(TooManyPixels):
        preprocess(data, 320, max_pixels=9_999)
    with pytest.raises(ImageDamaged):
        preprocess(data[:-200], 320, max_pixels=10_000)
