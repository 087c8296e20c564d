"""Clients in Custom Vision's dialect, each with a key of its kind."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from tests.api.customvision.dialect import (
    PREDICTION_URL,
    TRAINING_URL,
    make_account,
    make_key,
    raw_client,
)

from classifr.database.models import Role, Scope, User
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
