"""Whether the OpenAPI document says what the application answers."""

import re
from functools import partial

import httpx
from fastapi import FastAPI


def documented_hooks(app: FastAPI) -> dict[str, list]:
    """httpx event hooks that fail a test on an answer the document does not know."""
    return {"response": [partial(_assert_documented, app)]}


async def _assert_documented(app: FastAPI, response: httpx.Response) -> None:
    operation = _operation(app, response.request)
    if operation is None:
        return
    where = f"{response.request.method} {response.request.url.path}: {response.status_code}"
    documented = operation["responses"].get(str(response.status_code))
    assert documented, f"{where} is not documented"
    await response.aread()
    if response.is_error and "error" in (body := response.json()):
        examples = documented["content"]["application/json"]["examples"]
        assert body["error"] in examples, f"{where} {body['error']} is not documented"


def _operation(app: FastAPI, request: httpx.Request) -> dict | None:
    paths = app.openapi()["paths"]
    # A path without parameters goes before one that would match it too.
    for path in sorted(paths, key=lambda path: path.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if re.fullmatch(pattern, request.url.path):
            return paths[path].get(request.method.lower())
    return None
