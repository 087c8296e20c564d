"""To RGB tile by tile: the same pixels as all at once."""

import numpy as np
import pytest
from PIL import Image

from classifr.engine.images.conversion import to_rgb

MODES = ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"]


@pytest.fixture(scope="module")
def photo(picture) -> Image.Image:
    """More than one tile each way, and no whole number of them."""
    image = Image.fromarray(picture(1100, 2100))
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def on_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(rgba, mask=rgba)
    return white


@pytest.mark.parametrize("mode", MODES)
def test_tiles_give_what_the_whole_would(photo, mode):
    image = photo.convert(mode)

    whole = on_white(image) if image.has_transparency_data else image.convert("RGB")

    np.testing.assert_array_equal(np.asarray(to_rgb(image)), np.asarray(whole))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("factor", [2, 3, 7])
def test_tiles_are_averaged_as_the_whole_would_be(photo, mode, factor):
    image = photo.convert(mode)
    size = (round(image.width / factor), round(image.height / factor))
    whole = on_white(image).resize(size, Image.Resampling.BOX)

    difference = np.asarray(to_rgb(image, factor)).astype(int) - np.asarray(whole)

    # A pixel that lies on an edge between two means may go to either.
    assert np.abs(difference).mean() < 0.02


def test_rgb_is_not_copied(photo):
    image = photo.convert("RGB")

    assert to_rgb(image) is image


def test_factor_above_a_tile_still_averages_all_its_pixels():
    image = Image.new("L", (3000, 2), 0)
    image.paste(200, (0, 0, 1500, 2))

    assert np.asarray(to_rgb(image, 3000)).tolist() == [[[100] * 3]]
