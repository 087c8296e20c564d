"""The web server's configuration keeps step with the application's."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from classifr.customvision.errors import ANSWERS
from classifr.customvision.limits import body_limits
from classifr.errors import RequestTooLarge, Unavailable
from classifr.middleware import SecurityHeaders
from classifr.settings import Settings, TrainingSettings, UploadSettings

ROOT = Path(__file__).parents[2]
ENVELOPE_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def nginx_conf() -> str:
    return (ROOT / "deploy" / "nginx.conf").read_text("utf-8")


async def test_web_server_sends_the_security_headers_of_the_api(nginx_conf: str) -> None:
    app = SecurityHeaders(Starlette(routes=[Route("/", lambda _: JSONResponse({}))]))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        answer = await client.get("/")
    ours = dict(re.findall(r'add_header (\S+) "(.+)" always;', nginx_conf))
    assert ours.pop("Cache-Control") == "no-cache"
    theirs = {name: answer.headers[name] for name in ours}
    assert ours == theirs
    plain = {"content-length", "content-type", "cache-control"}
    assert {name.lower() for name in ours} == set(answer.headers) - plain


def test_web_server_takes_the_largest_batch(nginx_conf: str) -> None:
    upload, training = UploadSettings(), TrainingSettings()
    sizes = re.findall(r"client_max_body_size (\d+)m;", nginx_conf)
    to_predict, to_train, in_base64 = (int(megabytes) * 1024**2 for megabytes in sizes)
    assert to_predict >= (upload.max_bytes + ENVELOPE_BYTES) * upload.max_batch_images
    image_bytes = training.max_image_bytes + ENVELOPE_BYTES
    assert to_train >= training.max_batch_images * image_bytes
    assert to_train >= training.max_archive_bytes + ENVELOPE_BYTES
    assert in_base64 >= max(body_limits(Settings(_env_file=None)).values())


def test_web_servers_own_errors_have_codes_of_the_api(nginx_conf: str) -> None:
    assert re.findall(r'"error": "(\w+)"', nginx_conf) == [RequestTooLarge.code, Unavailable.code]
    assert re.findall(r'"code": "(\w+)"', nginx_conf) == [
        ANSWERS[error][1] for error in (RequestTooLarge, Unavailable)
    ]


def test_compose_sets_only_settings_that_exist() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    names = {name.lower() for name in re.findall(r"^\s+CLASSIFR_(\w+):", text, re.MULTILINE)}
    assert names
    for name in names:
        group, _, field = name.partition("__")
        known = Settings.model_fields[group]
        if field:
            assert field in type(known.get_default()).model_fields


def test_compose_trains_in_a_service_of_its_own() -> None:
    services = (ROOT / "docker-compose.yml").read_text("utf-8").split("\nservices:\n")[1]
    blocks = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", services, re.MULTILINE))
    assert 'command: ["classifr", "worker"]' in blocks["worker"]
    assert "CLASSIFR_JOBS__WORKERS: 0" in blocks["api"]
    # Both on the same database and the same images.
    for name in ("api", "worker"):
        assert "@postgres/classifr" in blocks[name]
        assert "CLASSIFR_STORAGE: azure" in blocks[name]
        assert "CLASSIFR_BLOB__ACCOUNT_URL: http://azurite:10000/classifr" in blocks[name]
    assert "disable: true" in blocks["worker"]


def test_compose_secrets_have_no_defaults() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    secrets = re.findall(r"\$\{((?:\w*PASSWORD|\w*SECRET|\w*KEY))(.*?)\}", text)
    assert len(secrets) >= 7
    assert all(rest.startswith(":?") for _, rest in secrets)
