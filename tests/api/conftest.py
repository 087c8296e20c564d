"""Clients that speak to the application without a network; every test starts without accounts."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.api.clients import client_of, create_account
from tests.api.jobs import JOB_TABLES

from classifr.accounts.recent import RecentAccounts
from classifr.database.models import Base, Role
from classifr.state import State
from classifr.vision.local.builtin import ensure_builtin_project
from classifr.vision.local.publishing import service as publishing


@pytest.fixture
def state(app: FastAPI) -> State:
    """What the application holds."""
    return app.state.classifr


@pytest.fixture(autouse=True)
async def _no_rows_from_other_tests(state: State) -> None:
    # In the order in which the application locks them when it looks at what is published.
    first = ["projects", "iterations"]
    others = [table for table in Base.metadata.tables if table not in first]
    tables = ", ".join([*first, *others, *JOB_TABLES])
    async with state.database.transaction() as session:
        await session.execute(text(f"truncate {tables} restart identity"))
        await ensure_builtin_project(session)
        await publishing.announce(session)
    published = state.vision._installation.published
    if len(published._snapshot.models()) > 1:
        await published.refresh()
    # Ids are given out again, to other accounts.
    state.recent_accounts = RecentAccounts()


@pytest.fixture
async def empty_storage(state: State) -> None:
    """No files from other tests."""
    for found in [found async for found in state.storage.list("")]:
        await state.storage.delete(found.key)


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def lucia(app: FastAPI, state: State) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in user."""
    async with client_of(app, await create_account(state, "lucia", Role.USER)) as client:
        yield client


@pytest.fixture
async def marco(app: FastAPI, state: State) -> AsyncIterator[httpx.AsyncClient]:
    """Another signed-in user."""
    async with client_of(app, await create_account(state, "marco", Role.USER)) as client:
        yield client


@pytest.fixture
async def admin(app: FastAPI, state: State) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in admin."""
    async with client_of(app, await create_account(state, "admin", Role.ADMIN)) as client:
        yield client
