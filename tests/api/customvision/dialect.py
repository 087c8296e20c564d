"""How tests speak Custom Vision's dialect, and what an error of it looks like."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from classifr.accounts import keys
from classifr.database.models import Scope, User
from classifr.state import State

ORIGIN = "http://classifr.test"
TRAINING_URL = f"{ORIGIN}/customvision/v3.4-preview/training"
PREDICTION_URL = f"{ORIGIN}/customvision/v3.1/prediction"


@asynccontextmanager
async def raw_client(
    app: FastAPI, base_url: str, headers: Mapping[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` without a network, which sends these headers."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
        yield client


async def make_key(state: State, user: User, *scopes: Scope) -> str:
    """An API key of the account."""
    async with state.database.transaction() as session:
        return (await keys.create_key(session, user=user, name="test", scopes=scopes)).key


def assert_refused(response: httpx.Response, status: int, code: str) -> str:
    """Check an error answer's shape; its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"code", "message"}
    assert body["code"] == code, body
    assert isinstance(body["message"], str)
    assert body["message"].strip()
    return body["message"]
