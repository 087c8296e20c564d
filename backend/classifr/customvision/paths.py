"""Addresses as Custom Vision's clients write them: any case, any version, slashes anywhere."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import quote, unquote, unquote_to_bytes

from fastapi import Path, Request
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

ROOT = "/customvision"
#: Where the routes are, whichever version was asked for: answers of later ones only have more.
TRAINING = "/v3.4-preview/training"
PREDICTION = "/v3.1/prediction"

# Most requests are for other addresses; they are let through at a glance.
_ROOT_START = re.compile(rf"/*{ROOT[1:]}", re.IGNORECASE | re.ASCII)
_SERVED = {
    "training": (re.compile(r"v3\.[0-4](-preview)?"), TRAINING),
    "prediction": (re.compile(r"v3\.[01](-preview)?"), PREDICTION),
}
# Where a request keeps it.
_VERSION = "classifr.customvision_version"
#: After `{project}/classify/iterations` comes the published name, whose case counts.
_NAME_PLACE = 3


class CustomVisionPaths:
    """Writes addresses below ROOT the one way in which the routes are written.

    A published name keeps its case, and its slashes stay encoded so that it is one segment.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _ROOT_START.match(scope["path"]):
            path = canonical_path(_raw_path(scope))
            if path is not None:
                scope = {
                    **scope,
                    "path": path,
                    "raw_path": quote(path).encode(),
                    _VERSION: _version(_raw_path(scope)),
                }
        await self._app(scope, receive, send)


def canonical_path(raw_path: str) -> str | None:
    """The address of the route for a percent-encoded one; None if it is not below ROOT."""
    root, *segments = _segments(raw_path) or [""]
    if f"/{unquote(root).lower()}" != ROOT:
        return None
    if not segments:
        return f"{ROOT}/"
    if len(segments) < 2 or unquote(segments[1]).lower() not in _SERVED:
        return "/".join((ROOT, *(_decoded(segment) for segment in segments)))
    version, room, *rest = segments
    pattern, start = _SERVED[unquote(room).lower()]
    if not pattern.fullmatch(unquote(version).lower()):
        return f"{ROOT}/unknown-version"
    return "/".join((ROOT + start, *_lowered(rest, has_name=start == PREDICTION)))


def asked_version(request: Request) -> str:
    """The version of an address as the client wrote it, in lower case, such as `v3.0`."""
    return str(request.scope.get(_VERSION, ""))


def _version(raw_path: str) -> str:
    """What stands after ROOT; empty if nothing does."""
    return "".join(unquote(segment).lower() for segment in _segments(raw_path)[1:2])


def _segments(raw_path: str) -> list[str]:
    return [segment for segment in raw_path.split("/") if segment]


def _lowered(segments: Sequence[str], *, has_name: bool) -> Iterator[str]:
    for place, segment in enumerate(segments):
        is_name = has_name and place == _NAME_PLACE
        yield _decoded(segment) if is_name else _decoded(segment).lower()


def _decoded(segment: str) -> str:
    """The text of a segment; a slash in it stays encoded, and a percent sign with it."""
    text = unquote_to_bytes(segment).decode("utf-8", "replace")
    return text.replace("%", "%25").replace("/", "%2F")


def _raw_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    return raw.decode("latin-1") if raw else quote(scope["path"])


#: The name in an address that an iteration was published under.
PublishedName = Annotated[str, Path(alias="published_name"), AfterValidator(unquote)]
