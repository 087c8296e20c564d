"""Image files as the features see them: facts, limits, and sentences that help."""

import hashlib
import io

import pytest
from PIL import Image

from classifr.errors import (
    ImageFormatUnsupported,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
)
from classifr.settings import UploadSettings
from classifr.vision.images import FORMATS, inspect_image, render_jpeg
from classifr.vision.values import ImageFacts

LIMITS = UploadSettings(max_bytes=100_000, max_pixels=10_000)


def encoded(image_format: str, size: tuple[int, int] = (100, 50), **options: object) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, image_format, **options)
    return file.getvalue()


def test_facts_of_an_image():
    data = encoded("PNG")

    assert inspect_image(data, LIMITS) == ImageFacts(
        width=100,
        height=50,
        format="PNG",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def test_width_and_height_are_those_of_the_upright_image():
    exif = Image.Exif()
    exif[0x0112] = 8

    facts = inspect_image(encoded("JPEG", exif=exif), LIMITS)

    assert (facts.width, facts.height) == (50, 100)


def test_content_decides_the_format():
    """A GIF renamed .jpg is a GIF: no name and no content type is asked for."""
    assert inspect_image(encoded("GIF"), LIMITS).format == "GIF"


def test_formats_are_plain_names():
    assert FORMATS == ("JPEG", "PNG", "BMP", "GIF", "WEBP")


def test_file_over_the_limit_says_both_sizes():
    limits = UploadSettings(max_bytes=4 * 1024**2)

    with pytest.raises(ImageTooLarge, match=r"has 5\.00 MB; at most 4\.00 MB"):
        inspect_image(bytes(5 * 1024**2), limits)


def test_size_of_exactly_the_limit_is_accepted():
    data = encoded("PNG")

    assert inspect_image(data, UploadSettings(max_bytes=len(data))).size_bytes == len(data)
    with pytest.raises(ImageTooLarge):
        inspect_image(data, UploadSettings(max_bytes=len(data) - 1))


def test_too_many_pixels_says_how_many():
    with pytest.raises(
        ImageTooManyPixels,
        match=r"has 101 x 100 pixels; at most 10,000 pixels are accepted in a JPEG\. Send",
    ):
        inspect_image(encoded("JPEG", (101, 100)), LIMITS)


@pytest.mark.parametrize(
    ("image_format", "cap"),
    [("PNG", "5,000"), ("BMP", "5,000"), ("GIF", "5,000"), ("WEBP", "2,500")],
)
def test_formats_that_take_more_memory_have_a_lower_cap_of_their_own(image_format, cap):
    with pytest.raises(ImageTooManyPixels, match=rf"{cap} pixels are accepted in a {image_format}"):
        inspect_image(encoded(image_format, (101, 50)), LIMITS)


def test_progressive_jpeg_is_called_so_when_it_is_too_large():
    with pytest.raises(ImageTooManyPixels, match=r"5,000 pixels .* in a progressive JPEG"):
        inspect_image(encoded("JPEG", (101, 50), progressive=True), LIMITS)


def test_empty_file_is_said_to_be_empty():
    with pytest.raises(ImageUnreadable, match="empty"):
        inspect_image(b"", LIMITS)


@pytest.mark.parametrize("data", [b"hello", b"PK\x03\x04", b"<svg xmlns=''/>"])
def test_what_is_not_an_image_names_the_formats(data):
    with pytest.raises(ImageFormatUnsupported, match="JPEG, PNG, BMP, GIF or WebP"):
        inspect_image(data, LIMITS)


def test_broken_header_is_unreadable():
    with pytest.raises(ImageUnreadable):
        inspect_image(encoded("PNG")[:20], LIMITS)


def test_rendering_gives_a_jpeg_and_reports_damage():
    data = encoded("PNG")

    assert Image.open(io.BytesIO(render_jpeg(data, 20))).size == (20, 10)
    assert inspect_image(render_jpeg(data), LIMITS).format == "JPEG"
    with pytest.raises(ImageUnreadable):
        render_jpeg(data[:-40])
