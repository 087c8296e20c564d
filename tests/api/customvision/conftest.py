"""Clients in Custom Vision's dialect, each with a key of its kind, and projects to ask for."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.api.clients import make_account
from tests.api.customvision.album import Album, make_album
from tests.api.customvision.dialect import PREDICTION_URL, TRAINING_URL, make_key, raw_client
from tests.api.customvision.published import Published, make_published

from classifr.database.models import Role, Scope, Tag, User
from classifr.state import State


@pytest.fixture
async def owner(state: State) -> User:
    """The admin whom the keys of `training` and `prediction` act for."""
    return await make_account(state, "owner", Role.ADMIN)


@pytest.fixture
async def training(app: FastAPI, state: State, owner: User) -> AsyncIterator[httpx.AsyncClient]:
    """A training client with a key; its addresses begin behind `/training`."""
    key = await make_key(state, owner, Scope.TRAIN)
    async with raw_client(app, TRAINING_URL, {"Training-Key": key}) as client:
        yield client


@pytest.fixture
async def prediction(app: FastAPI, state: State, owner: User) -> AsyncIterator[httpx.AsyncClient]:
    """A prediction client with a key; its addresses begin behind `/prediction`."""
    key = await make_key(state, owner, Scope.PREDICT)
    async with raw_client(app, PREDICTION_URL, {"Prediction-Key": key}) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key; addresses are whole ones."""
    async with raw_client(app, "http://classifr.test", {}) as client:
        yield client


@pytest.fixture
async def published(state: State) -> Published:
    """A project with two tags and an iteration that answers."""
    return await make_published(state)


@pytest.fixture
async def tags(state: State, published: Published) -> dict[str, UUID]:
    """The tags of `published`, by their names."""
    async with state.database.transaction() as session:
        query = select(Tag.name, Tag.id).where(Tag.project_id == published.project_id)
        return dict((await session.execute(query)).all())


@pytest.fixture
async def album(admin: httpx.AsyncClient, training: httpx.AsyncClient) -> Album:
    """A project with images."""
    return await make_album(admin, training)
