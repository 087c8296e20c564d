"""Whether a JPEG decodes in one pass, from the segments before its first scan."""

import io

import pytest
from PIL import Image

from classifr.engine.images.headers import is_single_scan_jpeg


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (16, 16)).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_baseline_is_one_pass_and_progressive_several(mode):
    assert is_single_scan_jpeg(jpeg(mode, comment=b"hello", restart_marker_rows=1))
    assert not is_single_scan_jpeg(jpeg(mode, progressive=True))


def test_a_first_scan_of_fewer_components_announces_others():
    data = jpeg()
    scan = data.index(b"\xff\xda")

    assert not is_single_scan_jpeg(data[: scan + 4] + b"\1" + data[scan + 5 :])


@pytest.mark.parametrize("odd", [b"\xff", b"\xff\xd0", b"\xff\x01", b"\0", b"\xff\xdc\0\4\0\1"])
def test_anything_unusual_before_the_scan_is_not_trusted(odd):
    """libjpeg passes over fill bytes, lone markers and junk; what follows could be anything."""
    data = jpeg()

    assert not is_single_scan_jpeg(data[:2] + odd + data[2:])


@pytest.mark.parametrize("length", range(2, 24))
def test_truncated_header_is_not_trusted(length):
    assert not is_single_scan_jpeg(jpeg()[:length])
