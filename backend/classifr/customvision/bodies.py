"""JSON that its sender calls something else, as curl and PowerShell do unless told otherwise."""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from classifr.customvision.paths import ROOT, TRAINING

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
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind in _MISTAKEN:
                headers["content-type"] = "application/json"
                scope = {**scope, "headers": headers.raw}
        await self._app(scope, receive, send)
