"""Containers of the running Azurite, each test's own."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from classifr.settings import BlobSettings
from classifr.storage.azure_blob import BlobStorage, open_container


def container_name() -> str:
    """A name that no other container has."""
    return f"test-{secrets.token_hex(8)}"


@asynccontextmanager
async def empty_container(connection_string: str) -> AsyncIterator[BlobStorage]:
    """A storage in a container of its own."""
    async with blob_storage(
        connection_string=connection_string, container=container_name()
    ) as storage:
        yield storage


@asynccontextmanager
async def blob_storage(**settings: str) -> AsyncIterator[BlobStorage]:
    """The storage of these settings, opened."""
    storage = open_container(BlobSettings(**settings))
    try:
        await storage.open()
        yield storage
    finally:
        await storage.close()
