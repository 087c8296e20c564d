"""What wraps every request: an id, a log line, security headers, a size limit, and an answer
when the application crashes."""

import os
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifr.error_handlers import error_response
from classifr.errors import ClassifrError, RequestTooLarge
from classifr.settings import Settings

logger = structlog.get_logger()

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
_REQUEST_ID = re.compile(r"[\w.-]{1,64}")

# What a form or a JSON object may weigh beside the images in it.
_ENVELOPE_BYTES = 64 * 1024


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """Wrap `app`; the last one added sees the request first."""
    image, training = settings.upload.max_bytes, settings.training
    app.add_middleware(
        BodyLimit,
        default=_ENVELOPE_BYTES,
        by_path={
            "/predict": image + _ENVELOPE_BYTES,
            "/predict/batch": (image + _ENVELOPE_BYTES) * settings.upload.max_batch_images,
            "/feedback": image * 4 // 3 + _ENVELOPE_BYTES,
            "/projects/[^/]+/images": (training.max_image_bytes + _ENVELOPE_BYTES)
            * training.max_batch_images,
            "/projects/[^/]+/images/archive": training.max_archive_bytes + _ENVELOPE_BYTES,
            "/projects/[^/]+/iterations/[^/]+/test": image + _ENVELOPE_BYTES,
            # Another dialect, with limits and answers of its own.
            "(?i:/+customvision(/.*)?)": None,
        },
    )
    app.add_middleware(CrashAnswer)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog)


class BodyLimit:
    """Refuses bodies over a path's limit, announced or not, before they are held in memory.

    FastAPI's own `max_body_size` answers in plain text; our callers get JSON on every path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        default: int,
        by_path: Mapping[str, int | None],
        answer: Callable[[ClassifrError], Response] = error_response,
    ) -> None:
        """by_path: by a regular expression of the whole path, most asked for first; None: none."""
        self._app = app
        self._default = default
        self._by_path = [(re.compile(path), limit) for path, limit in by_path.items()]
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit_of(scope["path"]) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            await self._answer(_too_large(limit))(scope, receive, send)
            return
        received, has_started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        async def send_unless_over(message: Message) -> None:
            # FastAPI answers 400 to whatever stops the reading of a body; that answer is dropped.
            nonlocal has_started
            if received <= limit or has_started:
                has_started = True
                await send(message)

        await self._app(scope, counted, send_unless_over)
        if received > limit and not has_started:
            await self._answer(_too_large(limit))(scope, receive, send)

    def _limit_of(self, path: str) -> int | None:
        limits = (limit for pattern, limit in self._by_path if pattern.fullmatch(path))
        return next(limits, self._default)


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"The request is larger than {limit:,} bytes, the most this address takes."
    )


class CrashAnswer:
    """Answers 500 in our shape to what nobody foresaw, and logs its traceback.

    Starlette calls a handler of `Exception` outside every other middleware, where the answer gets
    no header of ours, and then raises the exception again, for the server to log once more.
    """

    def __init__(
        self, app: ASGIApp, *, answer: Callable[[ClassifrError], Response] = error_response
    ) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or has_started:
                raise  # The server logs it, and cuts an answer that cannot be completed.
            logger.exception("request_crashed")
            await self._answer(ClassifrError())(scope, receive, send)


class SecurityHeaders:
    """Adds the security headers; answers of the API are not cached unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                values = dict(message["headers"])
                # A route may say otherwise of itself.
                missing = [header for header in _SECURITY_HEADERS if header[0] not in values]
                headers = [*message["headers"], *missing]
                if b"cache-control" not in values:
                    # `no-cache` still keeps a copy, and asks whether it is current.
                    is_json = values.get(b"content-type") == b"application/json"
                    headers.append((b"cache-control", b"no-store" if is_json else b"no-cache"))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)


class RequestLog:
    """Gives each request an id, which the answer and every log line of it carry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else os.urandom(8).hex()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, started = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            # The path alone: a query may hold what does not belong in a log.
            logger.info(
                "request",
                method=scope["method"],
                # Quoted, so that no control character reaches a terminal.
                path=quote(scope["path"]),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )
