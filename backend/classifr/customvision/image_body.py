"""The one image of a request: in a form, as the whole body, or behind an address."""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from fastapi import Request
from python_multipart.multipart import parse_options_header

from classifr.customvision.bodies import FORM, media_type, unsupported
from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.errors import FormUnreadable, ImageMissing, TooManyImages

_FIELD = "imageData"
_MOST_PARTS = 16
_MOST_HEADER_BYTES = 8 * 1024
_JSON = ("application/json", "text/json", "application/*+json")
_URL_FORM = "application/x-www-form-urlencoded"
# The service takes objects in single quotes, and widespread scripts send them.
_QUOTED_URL = re.compile(r"""\s*\{\s*(['"]?)url\1\s*:\s*'([^']*)'\s*,?\s*\}\s*""", re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    """One part of a form."""

    name: str
    is_file: bool  #: It says how its file is called.
    data: bytes


async def read_image(request: Request) -> bytes:
    """The image of a form's field `imageData`, with a file name or without; or the whole body.

    Raises: FormUnreadable, ImageMissing, TooManyImages; Refused for other kinds of bodies.
    """
    kind = media_type(request.headers)
    body = await request.body()
    if kind == FORM:
        return _image_of(_parts(body, request.headers["content-type"]))
    if kind not in ("", "application/octet-stream") and not kind.startswith("image/"):
        raise unsupported(kind)
    if not body:
        raise ImageMissing("The request has no body. Send the image.")
    return body


async def read_address(request: Request) -> str:
    """What `url` says in a JSON object, in any case. Raises: Refused."""
    kind = media_type(request.headers)
    if kind == _URL_FORM:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        values: dict[str, object] = {name: given[0] for name, given in fields.items()}
    elif not kind or kind in _JSON or kind.endswith("+json"):
        values = _object_of((await request.body()).decode("utf-8-sig", "replace"))
    else:
        raise unsupported(kind)
    for name, value in values.items():
        if name.lower() == "url" and isinstance(value, str) and value.strip():
            return value.strip()
    raise Refused(ErrorCode.IMAGE_URL, 'Send the address of an image: {"url": "https://..."}.')


def _object_of(text: str, *, is_whole: bool = True) -> dict[str, object]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        quoted = _QUOTED_URL.fullmatch(text)
        values = {"url": quoted[2]} if quoted else None
    if isinstance(values, str) and is_whole:
        # Some clients write the object as a JSON text of its own.
        return _object_of(values, is_whole=False)
    return values if isinstance(values, dict) else {}


def _image_of(parts: list[_Part]) -> bytes:
    """The part called `imageData`; without one, the first that is a file, or the only one."""
    named = [part for part in parts if part.name.lower() == _FIELD.lower()]
    if len(named) > 1:
        raise TooManyImages("The form has several images; send one at a time.")
    for part in named or parts:
        if named or part.is_file or len(parts) == 1:
            return part.data
    raise ImageMissing(f"The form has no field called `{_FIELD}`.")


def _parts(body: bytes, content_type: str) -> list[_Part]:
    """The parts of a whole form. Raises: FormUnreadable, TooManyImages.

    It is all there, so that it can be cut at once: a parser that is fed piece by piece can be
    given a body over which it takes seconds.
    Source: RFC 2046, section 5.1.1.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise FormUnreadable("The form does not name its boundary. Send it again.")
    _, *segments = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_PARTS + 1)
    parts: list[_Part] = []
    for segment in segments:
        if segment.startswith(b"--"):
            return parts
        if len(parts) == _MOST_PARTS:
            raise TooManyImages(f"The form has more than {_MOST_PARTS} parts.")
        parts.append(_part(segment))
    raise FormUnreadable("The form ends before its closing boundary. Send it again.")


def _part(segment: bytes) -> _Part:
    """What stands between two boundaries, from the end of the first one's line."""
    rest, line_end, headed = segment.partition(b"\r\n")
    head, blank, data = (b"\r\n" + headed).partition(b"\r\n\r\n")
    if not line_end or rest.strip() or not blank or len(head) > _MOST_HEADER_BYTES:
        raise FormUnreadable("The form is damaged. Send it again.")
    for line in head.split(b"\r\n"):
        header, _, value = line.partition(b":")
        if header.strip().lower() == b"content-disposition":
            _, options = parse_options_header(value.strip())
            name = options.get(b"name", b"").decode("utf-8", "replace")
            return _Part(name, b"filename" in options, data)
    return _Part("", is_file=False, data=data)
