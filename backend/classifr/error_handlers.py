"""Errors as HTTP answers: `{"error": code, "detail": sentence}`, decided here once."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from classifr.errors import ClassifrError, NotSignedIn

logger = structlog.get_logger()

_STATUS_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
}
_STATUS_DETAILS = {
    400: "The body cannot be read. Send it complete, and encoded as its content type says.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}

_MOST_PROBLEMS = 10  # Named in one answer; a body may have thousands.


def add_error_handlers(app: FastAPI) -> None:
    """Have `app` answer every error in our shape."""
    app.add_exception_handler(ClassifrError, _known)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _misshapen)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _from_framework)  # type: ignore[arg-type]
    app.add_exception_handler(ClientDisconnect, _left)


def error_response(error: ClassifrError) -> JSONResponse:
    """The answer for one of our errors."""
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(error.status, error.code, error.detail, headers)


async def _known(_: Request, error: ClassifrError) -> JSONResponse:
    if error.status >= 500:
        logger.warning("request_failed", error=error.code, cause=repr(error.__cause__))
    return error_response(error)


async def _misshapen(_: Request, error: RequestValidationError) -> JSONResponse:
    # The input itself is left out: it may be a password.
    problems = [
        f"{'.'.join(str(part) for part in problem['loc'][1:]) or 'body'}: {problem['msg']}"
        for problem in error.errors()[:_MOST_PROBLEMS]
    ]
    return _answer(422, "unprocessable", "; ".join(problems))


async def _from_framework(_: Request, error: HTTPException) -> JSONResponse:
    code = _STATUS_CODES.get(error.status_code, "http_error")
    detail = _STATUS_DETAILS.get(error.status_code, str(error.detail))
    return _answer(error.status_code, code, detail, dict(error.headers or {}))


async def _left(_: Request, __: Exception) -> Response:
    # Nobody reads this answer; the log line shows nginx's status for it.
    return Response(status_code=499)


def _answer(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"error": code, "detail": detail}, status, headers)
