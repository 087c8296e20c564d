"""What the OpenAPI document says of errors: which codes a route answers, with an example each."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from classifr.errors import (
    AdminOnly,
    ApiKeyInvalid,
    BadRequest,
    ClassifrError,
    DatabaseUnavailable,
    EngineAnswerUnreadable,
    EngineBusy,
    EngineFailed,
    EngineKeysRefused,
    EngineRefused,
    EngineRetired,
    EngineTimeout,
    EngineUnavailable,
    NotSignedIn,
    NotSupported,
    RequestTooLarge,
    ScopeMissing,
    TokenInvalid,
    Unprocessable,
)

SIGNED_IN_ERRORS = (NotSignedIn, TokenInvalid, ApiKeyInvalid, ScopeMissing, DatabaseUnavailable)
ADMIN_ERRORS = (*SIGNED_IN_ERRORS, AdminOnly)
#: What an engine that is not of this process may answer wherever it is asked.
ENGINE_ERRORS = (
    EngineAnswerUnreadable,
    EngineBusy,
    EngineFailed,
    EngineKeysRefused,
    EngineRefused,
    EngineRetired,
    EngineTimeout,
    EngineUnavailable,
    NotSupported,
)
BODY_ERRORS = (BadRequest, RequestTooLarge, Unprocessable)

API_KEY_HEADER = "X-API-Key"

_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "example": "Bearer"}},
    429: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
    503: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
}


class DocumentedApp(FastAPI):
    """An application whose document says that an API key goes wherever a token does."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["components"]["securitySchemes"]["ApiKey"] = {
                "type": "apiKey",
                "in": "header",
                "name": API_KEY_HEADER,
                "description": "An API key from `POST /auth/keys`.",
            }
            for path in document["paths"].values():
                for operation in path.values():
                    if "security" in operation:
                        operation["security"].append({"ApiKey": []})
        return self.openapi_schema or {}


class ErrorRead(BaseModel):
    """An error: a stable code and a sentence that says what to do."""

    error: str = Field(description="A stable code.", examples=["image_unreadable"])
    detail: str = Field(description="What is wrong and what to do about it, in English.")


def error_responses(*errors: type[ClassifrError]) -> dict[int | str, dict[str, object]]:
    """What `responses=` of a route or router takes, so that these errors are documented.

    What a route says of a status replaces what its router says of it.
    """
    by_status = attrgetter("status")
    return {
        status: _response(status, list(same))
        for status, same in groupby(sorted(errors, key=by_status), by_status)
    }


def operation_id(route: APIRoute) -> str:
    """The function's name, which becomes a method's name in a generated client."""
    return route.name


def _response(status: int, errors: Sequence[type[ClassifrError]]) -> dict[str, object]:
    examples = {
        error.code: {"value": {"error": error.code, "detail": error.message}} for error in errors
    }
    return {
        "model": ErrorRead,
        "description": "\n".join(f"- `{error.code}`: {error.message}" for error in errors),
        "content": {"application/json": {"examples": examples}},
        **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
    }
