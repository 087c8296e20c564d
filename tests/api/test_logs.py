"""What the log says of a request, and what it must never say."""

import errno
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import structlog
from tests.api.clients import PASSWORD
from tests.pictures import jpeg

from classifr.logs import configure_logs
from classifr.settings import LogFormat
from classifr.state import State


@dataclass
class Secretive:
    name: str
    secret: str = field(repr=False)


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def log(state: State, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Gives everything logged since the test began, as JSON lines."""
    changed = {"log_level": "DEBUG", "log_format": LogFormat.JSON}
    configure_logs(state.settings.model_copy(update=changed))
    yield lambda: capsys.readouterr().err
    configure_logs(state.settings)


async def test_log_names_requests_by_id_and_holds_no_secret(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, log: Callable[[], str]
) -> None:
    sign_in = await anonymous.post("/auth/token", data={"username": "lucia", "password": PASSWORD})
    await anonymous.post("/auth/token", data={"username": "lucia", "password": "wrong-guess"})
    change = {"current_password": "wrong-guess", "new_password": 7}
    await lucia.post("/auth/password", json=change)
    answer = await lucia.post(
        "/predict?token=in-the-query", files={"image": ("secret-name.jpg", jpeg())}
    )
    text = log()
    for secret in (
        PASSWORD,
        "wrong-guess",
        "in-the-query",
        "secret-name",
        sign_in.json()["access_token"],
        lucia.headers["Authorization"].split()[1],
        "argon2",
    ):
        assert secret not in text
    lines = [json.loads(line) for line in text.splitlines()]
    (predicted,) = [line for line in lines if line.get("path") == "/predict"]
    assert predicted["request_id"] == answer.headers["X-Request-ID"]
    assert predicted["status"] == 200
    assert predicted["user_id"] == 1


def test_log_that_cannot_be_written_is_no_error(
    log: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", FullDisk())
        structlog.get_logger().info("lost")
    structlog.get_logger().info("kept")
    assert "lost" not in (text := log())
    assert "kept" in text


async def test_control_characters_of_an_address_do_not_reach_the_log(
    anonymous: httpx.AsyncClient, log: Callable[[], str]
) -> None:
    await anonymous.get("/%1b%5d0;title%07")
    (line,) = [json.loads(line) for line in log().splitlines()]
    assert line["path"] == "/%1B%5D0%3Btitle%07"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("crème \u202e brûlée", "crème \u202e brûlée"),
        ("half of a character: \udc80", "half of a character: \udc80"),
        (b"\xff", "b'\\xff'"),
        (Secretive("known", "hidden"), "Secretive(name='known')"),
        ({"a": [1]}, {"a": [1]}),
        (ValueError("not JSON"), "ValueError('not JSON')"),
    ],
)
def test_value_of_any_kind_is_logged_in_plain_letters(
    value: object, shown: object, log: Callable[[], str]
) -> None:
    structlog.get_logger().info("seen", value=value)
    text = log()
    assert text.isascii()
    assert json.loads(text)["value"] == shown
