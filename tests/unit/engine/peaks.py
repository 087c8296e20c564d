"""Prints, as JSON, by how many bytes each hostile image makes a fresh process grow.

A program of its own: `python peaks.py FOLDER`. Files are made and measured in children, so that no
measurement begins with the memory of another.
"""

import io
import json
import os
import struct
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from classifr.engine.images.decoding import ImageError, inspect_image
from classifr.engine.images.preprocessing import preprocess
from classifr.engine.images.rendering import render_jpeg

MAX_PIXELS = 50_000_000
# The sides of the largest squares that are accepted: whole, half, quarter of MAX_PIXELS.
WHOLE, HALF, QUARTER = 7071, 5000, 3535


def saved(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def on_its_side() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def jpeg(side: int, mode: str = "RGB", **options: object) -> bytes:
    return saved(
        Image.new(mode, (side, side)), "JPEG", subsampling=0, exif=on_its_side(), **options
    )


def png(side: int, depth: int, colour: int, pixel_bytes: int, tables: bytes = b"") -> bytes:
    deflate = zlib.compressobj(1)
    rows = b"".join(deflate.compress(bytes(pixel_bytes * side + 1)) for _ in range(side))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0))
        + tables
        + chunk(b"eXIf", on_its_side().tobytes()[6:])
        + chunk(b"IDAT", rows + deflate.flush())
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def palette_png() -> bytes:
    tables = chunk(b"PLTE", bytes(768)) + chunk(b"tRNS", bytes(256))
    return png(HALF, 8, 3, 1, tables)


def animated_webp(side: int) -> bytes:
    """Two small frames on a canvas that says it is large."""
    frames = [Image.new("RGBA", (16, 16), (red, 0, 0, 9)) for red in (10, 200)]
    data = bytearray(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    data[24:30] = struct.pack("<I", side - 1)[:3] * 2
    return bytes(data)


def gif(side: int) -> bytes:
    palette = Image.new("P", (side, side))
    palette.putpalette([0, 0, 0, 9, 9, 9])
    return saved(palette, "GIF", transparency=0, disposal=2)


def tiny_gif(side: int) -> bytes:
    """One frame to be cleared after it was shown, in 43 bytes."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 16, 16, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"!\xf9\x04\x08\0\0\0\0"
    return screen + control + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\2\2D\1\0;"


def bmp(side: int) -> bytes:
    """One bit a pixel."""
    return saved(Image.new("1", (side, side)), "BMP")


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: jpeg(WHOLE),
    "progressive JPEG": lambda: jpeg(HALF, progressive=True),
    "progressive CMYK JPEG": lambda: jpeg(HALF, "CMYK", progressive=True),
    "long thin JPEG": lambda: saved(Image.new("RGB", (20_000, 2499)), "JPEG"),
    "RGBA PNG": lambda: png(HALF, 8, 6, 4),
    "palette PNG": palette_png,
    "16-bit grey PNG": lambda: png(HALF, 16, 0, 2),
    "16-bit RGBA PNG": lambda: png(HALF, 16, 6, 8),
    "BMP": lambda: bmp(HALF),
    "GIF": lambda: gif(HALF),
    "WebP": lambda: saved(Image.new("RGB", (QUARTER, QUARTER)), "WEBP"),
    "lossless WebP": lambda: saved(Image.new("RGBA", (QUARTER, QUARTER)), "WEBP", lossless=True),
    "animated WebP": lambda: animated_webp(QUARTER),
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: png(13_300, 8, 2, 3),
    "animated WebP of 204 bytes": lambda: animated_webp(7000),
    "WebP of a huge canvas": lambda: animated_webp(60_000),
    "GIF of 43 bytes": lambda: tiny_gif(30_000),
    "progressive JPEG": lambda: jpeg(HALF + 1, progressive=True),
}


def _four_at_once(data: bytes) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: preprocess(data, 320), range(4)))


def _refuse(data: bytes) -> None:
    try:
        inspect_image(data, MAX_PIXELS)
    except ImageError:
        return
    raise AssertionError("accepted")


WORK: dict[str, Callable[[bytes], object]] = {
    "preprocess": lambda data: preprocess(data, 320, max_pixels=MAX_PIXELS),
    "render": render_jpeg,
    "four at once": _four_at_once,
}


def _peak() -> int:
    # Not getrusage: its peak includes that of the process that started this one.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _in_a_child(call: Callable[[], object]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            call()
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit(1)


def _measure(work: Callable[[bytes], object], data: bytes, answer: Path) -> None:
    before = _peak()
    work(data)
    answer.write_text(str(_peak() - before))


def main(folder: Path) -> None:
    small = saved(Image.new("RGB", (700, 700)), "PNG")
    for work in WORK.values():
        work(small)
    file, answer, growth = folder / "image", folder / "answer", {}
    for builders, works in ((ACCEPTED, WORK), (REFUSED, {"refuse": _refuse})):
        for name, build in builders.items():
            _in_a_child(lambda build=build: file.write_bytes(build()))
            data = file.read_bytes()
            for what, work in works.items():
                _in_a_child(lambda work=work, data=data: _measure(work, data, answer))
                growth[f"{what}: {name}"] = int(answer.read_text())
    sys.stdout.write(json.dumps(growth))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
