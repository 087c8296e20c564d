"""What must hold for every route: an authorisation decision, documentation, one error shape."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from tests.api.clients import assert_error
from tests.pictures import jpeg

from classifr.accounts.dependencies import (
    allow_anyone,
    require_admin,
    require_any_user,
    require_signed_in,
    require_trainer,
    require_user,
)

DECISIONS = {
    allow_anyone,
    require_any_user,
    require_user,
    require_trainer,
    require_signed_in,
    require_admin,
}
OPEN_TO_ANYONE = {"/auth/token", "/limits", "/health/live", "/health/ready"}


def decisions(dependant: Dependant) -> Iterator[object]:
    """Every authorisation dependency a route takes, directly or through others."""
    for dependency in dependant.dependencies:
        if dependency.call in DECISIONS:
            yield dependency.call
        yield from decisions(dependency)


def admin_operations(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of every route that only an admin, or an admin's key, may call."""
    return {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        if getattr(context, "dependant", None) is not None
        and {require_admin, require_trainer} & set(decisions(context.dependant))
        for method in context.methods
    }


@pytest.fixture(scope="session")
def operations(app: FastAPI) -> dict[tuple[str, str], dict]:
    """Every operation of the OpenAPI document by method and path."""
    return {
        (method.upper(), path): operation
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_decides_who_may_call_it(app: FastAPI, operations: dict) -> None:
    seen = set()
    for context in iter_route_contexts(app.routes):
        if getattr(context, "dependant", None) is None:
            continue
        decided = set(decisions(context.dependant))
        assert decided, f"{context.path} takes none of CurrentUser, TrainerUser, ... or Anyone"
        if context.path.startswith("/admin"):
            assert require_admin in decided, context.path
        assert (allow_anyone in decided) == (context.path in OPEN_TO_ANYONE), context.path
        seen |= {(method, context.path) for method in context.methods}
    assert seen == set(operations)


async def test_routes_refuse_whoever_is_not_signed_in(
    anonymous: httpx.AsyncClient, operations: dict
) -> None:
    for method, path in operations:
        if path not in OPEN_TO_ANYONE:
            response = await anonymous.request(method, _fill(path), json={})
            assert_error(response, 401, "not_signed_in")


async def test_users_reach_no_admin_route(
    app: FastAPI, lucia: httpx.AsyncClient, operations: dict
) -> None:
    for_admins = admin_operations(app)
    assert for_admins <= set(operations)
    for method, path in for_admins:
        assert_error(await lucia.request(method, _fill(path), json={}), 403, "admin_only")


def test_every_route_is_documented(operations: dict) -> None:
    for where, operation in operations.items():
        assert operation.get("summary"), where
        assert operation.get("description"), where
        assert operation.get("tags"), where


async def test_unknown_addresses_and_methods_answer_in_the_error_shape(
    anonymous: httpx.AsyncClient,
) -> None:
    assert_error(await anonymous.get("/no/such/address"), 404, "not_found")
    assert_error(await anonymous.get("/predict"), 405, "method_not_allowed")
    assert_error(await anonymous.delete("/auth/token"), 405, "method_not_allowed")
    assert_error(await anonymous.get("/package.json"), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2fpyproject.toml", "/js/%2e%2e/%2e%2e/pyproject.toml"]
)
async def test_page_files_do_not_lead_out_of_their_folder(
    anonymous: httpx.AsyncClient, path: str
) -> None:
    assert_error(await anonymous.get(path), 404, "not_found")


@pytest.fixture
async def wrong_prediction(lucia: httpx.AsyncClient) -> str:
    """The address of a wrong prediction, the first one, so that a trick could reach it."""
    prediction = (await lucia.post("/predict", files={"image": ("a.jpg", jpeg())})).json()
    verdict = {"prediction_id": prediction["id"], "verdict": "nok"}
    judged = (await lucia.post("/feedback", json=verdict)).json()
    assert judged["wrong_prediction_id"] == 1
    return "/admin/wrong-predictions/1"


TRICKS = ["0", "-1", "99999999999", "1e3", "١", "%2e%2e", "..%2F1", "1;drop", "1%20or%201=1", "%00"]


@pytest.mark.parametrize("trick", TRICKS)
async def test_tricks_in_ids_of_wrong_predictions_are_refused(
    admin: httpx.AsyncClient, wrong_prediction: str, trick: str
) -> None:
    address = f"/admin/wrong-predictions/{trick}"
    answers = [
        await admin.get(address),
        await admin.patch(address, json={"correct_tag": "cannoli"}),
        await admin.delete(address),
        await admin.get(f"{address}/image"),
        await admin.get(f"{address}/thumbnail"),
    ]
    for answer in answers:
        assert answer.status_code in (404, 405, 422), answer.text
        assert set(answer.json()) == {"error", "detail"}
    assert (await admin.get(wrong_prediction)).status_code == 200


@pytest.mark.parametrize(
    "rendition",
    [
        "../image",
        "..%2Fimage",
        "%2e%2e%2fimage",
        "image%00",
        "image%2F..",
        "IMAGE",
        "original",
        "%2e",
    ],
)
async def test_tricks_in_renditions_are_refused(
    admin: httpx.AsyncClient, wrong_prediction: str, rendition: str
) -> None:
    assert (await admin.get(f"{wrong_prediction}/image")).status_code == 200
    answer = await admin.get(f"{wrong_prediction}/{rendition}")
    assert answer.status_code in (404, 422), answer.text
    assert set(answer.json()) == {"error", "detail"}


async def test_no_redirect_follows_the_host_header(anonymous: httpx.AsyncClient) -> None:
    headers = {"Host": "elsewhere.example"}
    assert_error(await anonymous.get("/limits/", headers=headers), 404, "not_found")


async def test_every_answer_carries_the_security_headers_and_an_id(
    anonymous: httpx.AsyncClient,
) -> None:
    for path in ("/", "/health/live", "/auth/me", "/no/such/address"):
        headers = (await anonymous.get(path)).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"])


async def test_request_id_of_a_caller_is_kept_only_if_harmless(
    anonymous: httpx.AsyncClient,
) -> None:
    for sent, is_kept in (("trace-42", True), ("a b", False), ("x" * 65, False)):
        response = await anonymous.get("/health/live", headers={"X-Request-ID": sent})
        assert (response.headers["X-Request-ID"] == sent) is is_kept


async def test_health_tells_that_it_is_ready(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/health/live")).json() == {"status": "ok"}
    ready = await anonymous.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "model": True, "database": True}


def _fill(path: str) -> str:
    return (
        path.replace("{rendition}", "image")
        .replace("{user_id}", "1")
        .replace("{wrong_prediction_id}", "1")
        .replace("{key_id}", "1")
    )
