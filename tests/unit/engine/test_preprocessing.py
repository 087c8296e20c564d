"""From an image file to the backbone's input."""

import io

import numpy as np
import pytest
from PIL import Image

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.session import BackboneSession
from classifr.engine.functional import softmax
from classifr.engine.images.decoding import LARGE_PIXELS, ImageDamaged, TooManyPixels
from classifr.engine.images.preprocessing import preprocess
from classifr.engine.learning.views import MORE_VIEWS, View, view_key

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


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_averaging_a_large_image_first_changes_little(mode, backbone_model):
    y, x, channel = np.ogrid[0:2200, 0:2800, 0:3]
    waves = 128 + 60 * np.sin(x / 9 + channel) + 60 * np.cos(y / 7)
    image = Image.fromarray(waves.astype(np.uint8))
    if mode == "RGBA":
        image.putalpha(200)
    assert image.width * image.height > LARGE_PIXELS
    white = Image.new("RGBA", image.size, "white")
    whole = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    expected = np.asarray(whole.resize((320, 320), Image.Resampling.BICUBIC))

    pixels = preprocess(encoded(image, "PNG"), 320)

    # The means lie up to half a pixel of the original off, which such fine waves show most.
    # Measured: 1.8 on average and 8 at most; with `Image.reduce` 7.6 on average.
    difference = np.abs(pixels.astype(int) - expected)
    assert difference.mean() < 2.5
    assert difference.max() < 16
    session = BackboneSession(EFFICIENTNET_LITE0, backbone_model)
    before, after = softmax(session.logits(np.stack([expected, pixels])))
    assert before.argmax() == after.argmax()
    # Measured: 0.003, of a probability of 0.48.
    assert np.abs(before - after).max() < 0.01


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_image_of_ordinary_size_is_not_averaged_first(picture, mode):
    image = Image.fromarray(picture(2000, 3000)).convert(mode)
    assert image.width * image.height == LARGE_PIXELS

    expected = image.convert("RGB").resize((320, 320), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(preprocess(encoded(image, "PNG"), 320), np.asarray(expected))


def test_cap_and_damage_are_reported(picture):
    data = encoded(Image.fromarray(picture(100, 100)), "PNG")

    with pytest.raises(TooManyPixels):
        preprocess(data, 320, max_pixels=19_999)
    with pytest.raises(ImageDamaged):
        preprocess(data[:-200], 320, max_pixels=20_000)


def test_mirrored_view_is_the_plain_one_from_right_to_left(picture):
    data = encoded(Image.fromarray(picture(500, 700)), "PNG")

    mirrored = preprocess(data, 320, view=View.MIRRORED)

    np.testing.assert_array_equal(mirrored, preprocess(data, 320)[:, ::-1])
    assert mirrored.flags.c_contiguous


def test_middle_view_is_the_image_without_a_tenth_on_each_side(picture):
    image = Image.fromarray(picture(500, 700))

    middle = preprocess(encoded(image, "PNG"), 320, view=View.MIDDLE)

    cropped = image.crop((70, 50, 630, 450)).resize((320, 320), Image.Resampling.BICUBIC)
    difference = np.abs(middle.astype(int) - np.asarray(cropped))
    # At the border the neighbours beyond it count as well. Measured: 5 there, 0 inside.
    assert difference[2:-2, 2:-2].max() <= 1


def test_middle_of_a_large_jpeg_is_decoded_as_finely_as_the_whole():
    y, x, channel = np.ogrid[0:1400, 0:1400, 0:3]
    waves = 128 + 60 * np.sin(x / 3 + channel) + 60 * np.cos(y / 3)
    data = encoded(Image.fromarray(waves.astype(np.uint8)), "JPEG", quality=95)
    whole = Image.open(io.BytesIO(data))
    expected = whole.resize((320, 320), Image.Resampling.BICUBIC, (140, 140, 1260, 1260))

    difference = np.abs(preprocess(data, 320, view=View.MIDDLE).astype(int) - expected)

    # At half its size the middle would have 560 pixels a side, less than twice the input.
    assert difference.max() <= 1


@pytest.mark.parametrize("view", MORE_VIEWS)
@pytest.mark.parametrize("size", [(1, 1), (2, 999)])
def test_any_shape_has_every_view(picture, size, view):
    data = encoded(Image.fromarray(picture(*size)), "PNG")

    assert preprocess(data, 320, view=view).shape == (320, 320, 3)


def test_only_what_is_not_plain_has_a_key_of_its_own():
    assert view_key("net:1:1", View.PLAIN) == "net:1:1"
    assert len({view_key("net:1:1", view) for view in View}) == len(View)
