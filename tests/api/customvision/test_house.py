"""The house: addresses in every form, keys in every header, flat errors for whatever goes wrong."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from tests.api.customvision.dialect import (
    ORIGIN,
    TRAINING_URL,
    assert_refused,
    make_account,
    make_key,
    raw_client,
)

from classifr import errors
from classifr.accounts.dependencies import allow_anyone
from classifr.customvision import errors as dialect_errors
from classifr.customvision.access import require_prediction_key, require_training_key
from classifr.customvision.addresses import require_signature
from classifr.customvision.app import create_dialect
from classifr.customvision.codes import ErrorCode
from classifr.customvision.paths import canonical_path
from classifr.database.models import Role, Scope, User
from classifr.settings import Settings
from classifr.state import State

DECISIONS = {require_training_key, require_prediction_key, allow_anyone, require_signature}


def decisions(dependant: Dependant) -> set[object]:
    """The authorisation dependencies of a route, directly or through others."""
    own = {dependency.call for dependency in dependant.dependencies} & DECISIONS
    return own.union(*(decisions(dependency) for dependency in dependant.dependencies))


def routes(settings: Settings) -> list:
    return [
        context
        for context in iter_route_contexts(create_dialect(settings).routes)
        if getattr(context, "dependant", None) is not None
    ]


def test_every_route_decides_who_may_call_it(settings: Settings) -> None:
    assert routes(settings)
    for context in routes(settings):
        wanted = {
            "training": {require_training_key},
            "prediction": {require_prediction_key},
        }.get(context.path.split("/")[2], {allow_anyone, require_signature})
        assert decisions(context.dependant) == wanted, context.path


async def test_every_route_refuses_whoever_has_no_key(
    stranger: httpx.AsyncClient, settings: Settings
) -> None:
    for context in routes(settings):
        if allow_anyone in decisions(context.dependant):
            continue
        path = "/customvision" + re.sub(r"\{(\w+)\}", str(uuid4()), context.path)
        for method in context.methods:
            message = assert_refused(await stranger.request(method, path), 401, "401")
            assert message.startswith("Access denied due to invalid subscription key")


@pytest.mark.parametrize(
    "path",
    [
        "/customvision/v3.4-preview/training/domains",
        "//customvision/v3.3/Training/domains",
        "/CustomVision/V3.0/TRAINING/Domains/",
        "///CUSTOMVISION//v3.1/training///domains//",
        "/customvision/v3.2/Training/%64omains",
    ],
)
async def test_addresses_are_found_in_any_form(training: httpx.AsyncClient, path: str) -> None:
    response = await training.get(ORIGIN + path)
    assert response.status_code == 200, response.text
    assert len(response.json()) == 18


@pytest.mark.parametrize(
    "path",
    [
        "/customvision",
        "/customvision/",
        "/customvision/training/domains",
        "/customvision/v2.0/training/domains",
        "/customvision/v3.5/training/domains",
        "/customvision/v3.4-preview/training",
        "/customvision/v3.4-preview/training/nothing/here",
        "/customvision/v9/prediction/x/classify/iterations/m/image",
        "/CustomVision/index.html",
        "/customvision/..%2f..%2fpyproject.toml",
        "/customvision/v3.3/training/%FF%00",
    ],
)
async def test_unknown_addresses_are_flat_not_found(training: httpx.AsyncClient, path: str) -> None:
    assert_refused(await training.get(ORIGIN + path), 404, "NotFound")


async def test_wrong_methods_are_flat_errors(training: httpx.AsyncClient) -> None:
    assert_refused(await training.put("/domains"), 405, "BadRequestOperationNotSupported")


def test_published_names_keep_their_case_and_slashes() -> None:
    start = "/customvision/v3.1/prediction/p/classify/iterations"
    assert (
        canonical_path(
            "//CustomVision/v3.0/Prediction/P/Classify/Iterations/classify%20Model%2F1/Image"
        )
        == f"{start}/classify Model%2F1/image"
    )
    assert canonical_path(f"{start}/100%25%2fa/url/NoStore") == f"{start}/100%25%2Fa/url/nostore"
    assert canonical_path("/CustomVision/files/AbC/dE") == "/customvision/files/AbC/dE"
    assert canonical_path("/customvisions/v3.0/training") is None
    assert canonical_path("/") is None


@pytest.mark.parametrize("header", ["Training-key", "training-KEY", "Ocp-Apim-Subscription-Key"])
async def test_training_key_is_taken_in_every_header(
    app: FastAPI, state: State, owner: User, header: str
) -> None:
    key = await make_key(state, owner, Scope.TRAIN)
    async with raw_client(app, TRAINING_URL, {header: key}) as client:
        assert (await client.get("/domains")).status_code == 200


async def test_keys_that_do_not_suit_are_refused(app: FastAPI, state: State, owner: User) -> None:
    user = await make_account(state, "lucia", Role.USER)
    unsuitable = [
        "",
        "wrong",
        "clf_wrong",
        "x" * 5000,
        await make_key(state, owner, Scope.PREDICT),
        await make_key(state, user, Scope.PREDICT),
    ]
    for key in unsuitable:
        async with raw_client(app, TRAINING_URL, {"Training-Key": key}) as client:
            assert_refused(await client.get("/domains"), 401, "401")


async def test_answers_carry_the_services_request_ids(training: httpx.AsyncClient) -> None:
    for path in ("/domains", "/nothing"):
        headers = (await training.get(path)).headers
        assert headers["Request-Id"] == headers["apim-request-id"]
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_domains_have_their_real_ids(training: httpx.AsyncClient) -> None:
    domains = {domain["id"]: domain for domain in (await training.get("/domains")).json()}
    food = domains["c151d5b5-dd07-472a-acc8-15d29dea8518"]
    assert food == {
        "id": "c151d5b5-dd07-472a-acc8-15d29dea8518",
        "name": "Food",
        "type": "Classification",
        "exportable": False,
        "enabled": True,
        "exportablePlatforms": [],
        "modelInformation": None,
    }
    assert (await training.get(f"/domains/{food['id']}")).json() == food
    assert_refused(await training.get(f"/domains/{uuid4()}"), 404, "NotFoundDomain")
    assert_refused(await training.get("/domains/food"), 404, "NotFoundDomain")


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
