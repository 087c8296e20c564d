"""JSON with its long texts taken out, and base64 decoded as it comes."""

import base64
import json
from pathlib import Path

import pytest

from classifr.customvision.images.base64_text import Base64Text
from classifr.customvision.images.json_texts import LONG, JsonTexts
from classifr.customvision.images.spool import Spool
from classifr.errors import BadRequest, TooManyImages
from classifr.settings import Settings

PHOTO = bytes(range(256)) * 40


@pytest.fixture
def spool(tmp_path: Path):
    with Spool(Settings(data_dir=tmp_path)) as spool:
        yield spool


class Kept:
    """A long text as it was written."""

    def __init__(self) -> None:
        self.text = b""
        self.is_closed = False

    def write(self, text: bytes) -> None:
        self.text += text

    def close(self) -> None:
        self.is_closed = True


def read(body: bytes, *, step: int = 1 << 16, at_most: int = 64) -> tuple[object, list[Kept]]:
    """The value with long texts put back, and those."""
    kept: list[Kept] = []

    def begin() -> Kept:
        kept.append(Kept())
        return kept[-1]

    texts = JsonTexts(begin, at_most=at_most)
    for start in range(0, len(body), step):
        texts.feed(body[start : start + step])

    def restore(value: object) -> object:
        if isinstance(value, dict):
            return {key: restore(each) for key, each in value.items()}
        if isinstance(value, list):
            return [restore(each) for each in value]
        if isinstance(value, str) and (number := texts.number(value)) is not None:
            assert kept[number].is_closed
            return json.loads(b'"' + kept[number].text + b'"')
        return value

    return restore(texts.finish()), kept


@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096, 1 << 16])
def test_what_is_read_is_what_a_parser_reads(step: int) -> None:
    value = {
        "images": [
            {
                "contents": "a" * (LONG + number),
                "name": f'"{number}" é \\ \u2028',
                "more": [1.5, None],
            }
            for number in range(3)
        ],
        "tagIds": ["x"],
        "long with quotes": 'say "\\" ' * LONG,
        "": "",
    }
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        found, kept = read(text.encode(), step=step)
        assert found == value
        # The first image has just as many characters as a short one may.
        assert len(kept) == 3


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}')[0] == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": "b',
        b'{"a": "b\\"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a" 1}',
        b"[" * 100_000,
        b'{"a": "' + b"x" * (2 * LONG),
        b'{"a": "\n"}',
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read(body)


def test_one_long_text_too_many_stops_the_reading() -> None:
    body = json.dumps(["x" * (LONG + 1)] * 3).encode()
    with pytest.raises(TooManyImages):
        read(body, at_most=2)


def test_what_is_beside_the_long_texts_has_a_limit() -> None:
    with pytest.raises(BadRequest, match="too much"):
        read(b"[" + b"1," * 1_000_000)
    with pytest.raises(BadRequest, match="too much"):
        read(b"[" + b'"",' * 1_000_000)


def decode(spool: Spool, text: bytes, *, step: int = 1 << 16, max_bytes: int = 1 << 20):
    decoded = Base64Text(spool, max_bytes=max_bytes)
    for start in range(0, len(text), step):
        decoded.write(text[start : start + step])
    decoded.close()
    return decoded


@pytest.mark.parametrize("step", [1, 2, 3, 5, 64, 1 << 16])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5000, len(PHOTO)])
async def test_base64_is_decoded_whatever_its_chunks(spool: Spool, step: int, size: int) -> None:
    photo = PHOTO[:size]
    text = base64.b64encode(photo)
    spellings = [
        text,
        text.replace(b"/", b"\\/"),
        text.replace(b"+", b"\\u002B").replace(b"=", b"\\u003d"),
        b"\\r\\n".join(text[start : start + 76] for start in range(0, len(text), 76)),
        text.rstrip(b"="),
    ]
    for spelling in spellings:
        decoded = decode(spool, spelling, step=step)
        assert decoded.is_valid
        assert decoded.size == size
        assert decoded.piece is not None
        assert await spool.read(decoded.piece) == photo


@pytest.mark.parametrize(
    "text", [b"%%%%", b"AAAA AAAA", b"AA==AAAA", b"A", b"AAA=A", b"=AAA", b"AA\\u00", b"AA\\q"]
)
@pytest.mark.parametrize("step", [1, 4, 64])
def test_what_is_no_base64_is_no_image(spool: Spool, text: bytes, step: int) -> None:
    decoded = decode(spool, text, step=step)
    assert not decoded.is_valid
    assert decoded.piece is None


def test_an_image_that_is_too_large_is_measured_and_not_kept(spool: Spool) -> None:
    decoded = decode(spool, base64.b64encode(PHOTO), step=100, max_bytes=1000)
    assert decoded.piece is None
    assert decoded.size == len(PHOTO)
    assert spool.end <= 1000
