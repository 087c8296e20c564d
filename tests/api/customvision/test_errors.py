"""What holds for every answer: flat errors, whatever goes wrong, and the service's headers."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.api.customvision.dialect import assert_refused

from classifr import errors
from classifr.customvision import errors as dialect_errors
from classifr.customvision.codes import ErrorCode


def test_every_error_has_its_answer() -> None:
    """Each error but those that stop a start, so that a new one is thought about."""

    def below(error: type[errors.ClassifrError]) -> set[type[errors.ClassifrError]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    wanted = below(errors.ClassifrError) - below(errors.SetupError)
    assert set(dialect_errors.ANSWERS) == wanted
    for error, (status, code) in dialect_errors.ANSWERS.items():
        assert isinstance(code, ErrorCode)
        assert (status >= 500) == (error.status >= 500 and error is not errors.NotSupported)


async def test_bodies_over_the_limit_are_flat_errors(training: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 50_000

    for content in (b"x" * 100_000, endless()):
        response = await training.post("/domains", content=content)
        assert response.status_code in (400, 405)
        assert set(response.json()) == {"code", "message"}


async def test_crashes_are_flat_errors(
    training: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifr.customvision.projects.domains.DOMAINS", None)
    assert_refused(await training.get("/domains"), 500, "ErrorUnknown")


async def test_answers_carry_the_services_request_ids(training: httpx.AsyncClient) -> None:
    for path in ("/domains", "/nothing"):
        headers = (await training.get(path)).headers
        assert headers["Request-Id"] == headers["apim-request-id"]
        assert headers["X-Content-Type-Options"] == "nosniff"
