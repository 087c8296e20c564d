"""Crashes and overlong bodies: each gets one answer of ours, whatever the framework makes of it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from tests.api.clients import assert_error

from classifr.error_handlers import add_error_handlers
from classifr.logs import configure_logs
from classifr.middleware import add_middleware
from classifr.settings import Settings


@pytest.fixture
async def crashing(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with our middleware and two routes that crash.

    What the application raises reaches the test, as it would reach the server.
    """
    configure_logs(settings)
    app = FastAPI()
    add_error_handlers(app)
    add_middleware(app, settings)

    @app.get("/crash")
    async def crash() -> None:
        raise ZeroDivisionError("secret in the cause")

    @app.get("/crash-midway")
    async def crash_midway() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"half of it"
            raise ZeroDivisionError

        return StreamingResponse(body())

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://crash.test") as client:
        yield client


def logged(capsys: pytest.CaptureFixture[str], *levels: str) -> list[dict[str, Any]]:
    """The lines of these levels so far."""
    lines = map(json.loads, capsys.readouterr().err.splitlines())
    return [line for line in lines if line["level"] in levels]


async def test_crash_is_answered_as_any_other_error(crashing: httpx.AsyncClient) -> None:
    response = await crashing.get("/crash", headers={"X-Request-ID": "trace-42"})
    assert "secret" not in assert_error(response, 500, "internal_error")
    assert response.headers["X-Request-ID"] == "trace-42"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


async def test_crash_is_logged_once_with_its_traceback(
    crashing: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await crashing.get("/crash", headers={"X-Request-ID": "trace-42"})
    (line,) = logged(capsys, "error")
    assert line["event"] == "request_crashed"
    assert line["request_id"] == "trace-42"
    assert line["exception"].startswith("Traceback")


async def test_crash_within_an_answer_is_left_to_the_server(
    crashing: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ZeroDivisionError):
        await crashing.get("/crash-midway")
    assert not logged(capsys, "error")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/feedback", "application/json"),
        ("/auth/password", "application/json"),
        ("/auth/token", "application/x-www-form-urlencoded"),
    ],
)
async def test_body_that_hides_its_length_is_cut_off_on_every_route(
    lucia: httpx.AsyncClient, path: str, content_type: str
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 50_000
            yield b"x" * 50_000

    response = await lucia.post(path, content=endless(), headers={"Content-Type": content_type})
    assert_error(response, 413, "request_too_large")
    assert sent < 10_000_000


async def test_caller_who_leaves_midway_is_no_crash(
    app: FastAPI, lucia: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b"--b\r\n", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    headers = {**lucia.headers, "content-type": "multipart/form-data; boundary=b"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    answers = []

    async def receive() -> dict:
        return next(messages)

    async def send(message: dict) -> None:
        answers.append(message)

    await app(scope, receive, send)
    assert answers[0]["status"] == 499
    assert not logged(capsys, "warning", "error")
