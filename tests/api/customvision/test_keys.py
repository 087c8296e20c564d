"""Who may call a route: the keys, in every header, before anything else is looked at."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from tests.api.clients import make_account
from tests.api.customvision.dialect import TRAINING_URL, assert_refused, make_key, raw_client

from classifr.accounts.dependencies import Caller, allow_anyone, identify_key
from classifr.customvision import access
from classifr.customvision.access import require_prediction_key, require_training_key
from classifr.customvision.addresses import require_signature
from classifr.customvision.app import create_dialect
from classifr.database.models import Role, Scope, User
from classifr.settings import Settings
from classifr.state import State

DECISIONS = {require_training_key, require_prediction_key, allow_anyone, require_signature}
JSON = {"Content-Type": "application/json"}


class Body:
    """A body that tells whether it was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.is_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.is_read = True
        yield self.content


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


async def test_every_route_refuses_strangers_before_it_reads_their_body(
    stranger: httpx.AsyncClient, settings: Settings
) -> None:
    for context in routes(settings):
        if allow_anyone in decisions(context.dependant):
            continue
        path = "/customvision" + re.sub(r"\{(\w+)\}", str(uuid4()), context.path)
        for method in context.methods:
            body = Body(b"{")
            answer = await stranger.request(method, path, content=body, headers=JSON)
            message = assert_refused(answer, 401, "401")
            assert message.startswith("Access denied due to invalid subscription key")
            assert not body.is_read, path


async def test_broken_json_with_a_key_is_told(training: httpx.AsyncClient) -> None:
    body = Body(b"{")
    answer = await training.post(f"/projects/{uuid4()}/images/tags", content=body, headers=JSON)
    assert_refused(answer, 400, "BadRequest")
    assert body.is_read


async def test_a_key_is_looked_at_once(
    training: httpx.AsyncClient, prediction: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def identify(state: State, secret: str) -> Caller:
        seen.append(secret)
        return await identify_key(state, secret)

    monkeypatch.setattr(access, "identify_key", identify)
    assert (await training.get("/projects")).status_code == 200
    await training.patch(f"/projects/{uuid4()}/tags/{uuid4()}", json={})
    await prediction.post(f"/{uuid4()}/detect/iterations/live/image")
    await prediction.post(f"/{uuid4()}/classify/iterations/live/image", content=b"a")
    assert len(seen) == 4


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
