"""What a body is called, and JSON that is called something else.

curl and PowerShell call it so unless they are told otherwise.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.paths import ROOT, TRAINING

FORM = "multipart/form-data"

# Where images come as they are, the type says what the body is.
_JSON_ONLY = re.compile(f"{ROOT}{TRAINING}/projects(?!/[^/]+/(images|quicktest/[^/]+)$)(/.*)?")
_MISTAKEN = ("application/x-www-form-urlencoded", "text/plain", "application/octet-stream")


class JsonBodies:
    """Calls bodies JSON where nothing else is taken."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _JSON_ONLY.fullmatch(scope["path"]):
            headers = MutableHeaders(raw=list(scope["headers"]))
            if media_type(headers) in _MISTAKEN:
                headers["content-type"] = "application/json"
                scope = {**scope, "headers": headers.raw}
        await self._app(scope, receive, send)


def media_type(headers: Headers) -> str:
    """What the body is said to be, in lower case and without parameters; empty if nothing is."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(kind: str) -> Refused:
    """The error for a body of a kind that is not taken there."""
    return Refused(
        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        f"The request entity's media type '{kind}' is not supported for this resource.",
        status=415,
    )
