"""Clients of the application without a network, and checks of its answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from tests.api.documented import documented_hooks

from classifr.accounts import service as accounts
from classifr.database.models import Role, User
from classifr.state import State

PASSWORD = "correct horse battery"


@asynccontextmanager
async def client_of(app: FastAPI, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`, signed in if there is a token; it checks that answers are documented."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://classifr.test",
        headers=headers,
        event_hooks=documented_hooks(app),
    ) as client:
        yield client


async def make_account(state: State, username: str, role: Role) -> User:
    """An account with PASSWORD."""
    async with state.database.transaction() as session:
        created = await accounts.create_user(
            session,
            state.password_hasher,
            state.settings.accounts,
            username=username,
            role=role,
            password=PASSWORD,
        )
    return created.user


async def create_account(state: State, username: str, role: Role) -> str:
    """Make an account with PASSWORD; a token of it."""
    return accounts.issue_token(state.token_signer, await make_account(state, username, role))


async def assert_signed_out_soon(client: httpx.AsyncClient) -> None:
    """Check that the client's token ends within a second, as promised."""
    async with asyncio.timeout(1):
        while (response := await client.get("/auth/me")).status_code == 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert_error(response, 401, "token_invalid")


def assert_error(response: httpx.Response, status: int, code: str) -> str:
    """Check an error answer's shape; its sentence."""
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error", "detail"}
    assert body["error"] == code
    assert body["detail"].strip()
    return body["detail"]
