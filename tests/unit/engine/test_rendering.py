"""Images out: encoded anew, upright, and free of everything but pixels."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from classifr.engine.images.decoding import ImageDamaged
from classifr.engine.images.rendering import render_jpeg

SCRIPT = b"<html><script>alert(1)</script></html>"


@pytest.fixture(scope="module")
def polyglot(picture) -> bytes:
    """A JPEG on its side, full of metadata, with a page in its comment and another at its end."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    file = io.BytesIO()
    Image.fromarray(picture(300, 400)).save(
        file,
        "JPEG",
        exif=exif,
        comment=SCRIPT,
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    return file.getvalue() + SCRIPT


@pytest.mark.parametrize("max_side", [None, 160, 10_000])
def test_nothing_but_pixels_is_left(polyglot, max_side):
    clean = render_jpeg(polyglot, max_side=max_side)

    assert polyglot.count(b"<script>") == 2
    assert b"script" not in clean
    assert b"taken at home" not in clean
    image = Image.open(io.BytesIO(clean))
    assert image.format == "JPEG"
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert dict(image.getexif()) == {}


def test_image_is_upright_and_within_its_longest_side(polyglot):
    assert Image.open(io.BytesIO(render_jpeg(polyglot))).size == (300, 400)
    assert Image.open(io.BytesIO(render_jpeg(polyglot, max_side=160))).size == (120, 160)
    assert Image.open(io.BytesIO(render_jpeg(polyglot, max_side=999))).size == (300, 400)


def test_pixels_stay_close_to_the_original(picture):
    y, x, channel = np.ogrid[0:200, 0:300, 0:3]
    smooth = (128 + 60 * np.sin(x / 40 + channel) + 60 * np.cos(y / 30)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(smooth).save(file, "PNG")

    rendered = np.asarray(Image.open(io.BytesIO(render_jpeg(file.getvalue()))))

    assert np.abs(rendered.astype(int) - smooth).mean() < 3


def test_damaged_image_is_not_rendered(polyglot):
    with pytest.raises(ImageDamaged):
        render_jpeg(polyglot[: len(polyglot) // 2])
