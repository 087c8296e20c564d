"""What the first bytes of an image file say, read before any library is let near it."""

from enum import StrEnum

# Baseline and extended sequential, Huffman-coded.
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_SCAN = 0xDA
# Segments that may stand before the first scan: tables, restart interval, APPn and comments.
_SKIPPED = frozenset({0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE})


class ImageFormat(StrEnum):
    """The formats that are read, by Pillow's names."""

    JPEG = "JPEG"  #: Also MPO, the JPEG with a second picture that phones write.
    PNG = "PNG"
    BMP = "BMP"
    GIF = "GIF"  #: The first frame.
    WEBP = "WEBP"  #: The first frame.


def detect_format(data: bytes) -> ImageFormat | None:
    """The format that the first bytes announce, whatever the file is called."""
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ImageFormat.GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if data.startswith(b"BM"):
        return ImageFormat.BMP
    return None


def is_single_scan_jpeg(data: bytes) -> bool:
    """Whether a JPEG is decoded row by row; else its coefficients are all kept first.

    False whenever in doubt: for anything unusual before the first scan.
    """
    position, components = 2, 0
    try:
        while data[position] == 0xFF:
            marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
            if marker == _SCAN:
                return 0 < components == data[position + 4]
            if marker in _SEQUENTIAL:
                components = data[position + 9]
            elif marker not in _SKIPPED:
                return False
            position += 2 + length
    except IndexError:
        pass
    return False


def is_run_length_bmp(data: bytes) -> bool:
    """Whether a bitmap is coded in runs (BI_RLE8 or BI_RLE4)."""
    return data[30:34] in (b"\x01\0\0\0", b"\x02\0\0\0")
