"""The web server's configuration keeps step with the application's."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from classifr.customvision.errors import ANSWERS
from classifr.customvision.limits import body_limits
from classifr.errors import RequestTooLarge, Unavailable
from classifr.middleware import SecurityHeaders
from classifr.settings import AzureSettings, Settings, TrainingSettings, UploadSettings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
ENVELOPE_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def nginx_conf() -> str:
    return (ROOT / "deploy" / "nginx.conf").read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text("utf-8")))


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


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    for service in ("api", "worker"):
        for name in compose["services"][service]["environment"]:
            group, _, field = name.removeprefix("CLASSIFR_").lower().partition("__")
            known = Settings.model_fields[group]
            if field:
                assert field in type(known.get_default(call_default_factory=True)).model_fields


def test_compose_trains_in_a_service_of_its_own(compose: dict[str, Any]) -> None:
    api, worker = compose["services"]["api"], compose["services"]["worker"]
    assert worker["command"] == ["classifr", "worker"]
    assert worker["healthcheck"] == {"disable": True}
    assert api["environment"]["CLASSIFR_JOBS__WORKERS"] == 0
    # Both on the same database, the same images and the same engine.
    shared = worker["environment"]
    assert shared["CLASSIFR_DATABASE_URL"].endswith("@postgres/classifr")
    assert shared["CLASSIFR_STORAGE"] == "azure"
    assert shared["CLASSIFR_BLOB__ACCOUNT_URL"] == "http://azurite:10000/classifr"
    assert shared.items() <= api["environment"].items()


def test_compose_takes_the_engine_from_the_environment(compose: dict[str, Any]) -> None:
    environment = compose["services"]["api"]["environment"]
    for name in AzureSettings.model_fields.keys() - {"timeout_seconds", "connections"}:
        assert environment[f"CLASSIFR_AZURE__{name.upper()}"] is None
    assert environment["CLASSIFR_VISION"] is None


def test_compose_secrets_have_no_defaults() -> None:
    text = COMPOSE.read_text("utf-8")
    secrets = re.findall(r"\$\{((?:\w*PASSWORD|\w*SECRET|\w*KEY))(.*?)\}", text)
    assert len(secrets) >= 6
    assert all(rest.startswith(":?") for _, rest in secrets)
