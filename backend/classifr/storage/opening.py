"""The storage that the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from classifr.settings import Settings, StorageKind
from classifr.storage.local import LocalStorage
from classifr.storage.port import Storage


@asynccontextmanager
async def open_storage(
    settings: Settings, kind: StorageKind | None = None
) -> AsyncIterator[Storage]:
    """The storage in use, or the one of a kind; closed at the end.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    storage: Storage
    if (kind or settings.storage) is StorageKind.LOCAL:
        storage = LocalStorage(settings.data_dir / "images")
        try:
            yield storage
        finally:
            await storage.close()
        return
    # Azure's packages take a quarter of a second to import.
    from classifr.storage.azure_blob import open_container  # noqa: PLC0415

    storage = blob = open_container(settings.blob)
    try:
        await blob.open()
        yield storage
    finally:
        await blob.close()


def place_of_images(settings: Settings, kind: StorageKind | None = None) -> str:
    """Where the images are, for people. Raises: SettingsInvalid."""
    if (kind or settings.storage) is StorageKind.LOCAL:
        return f"the folder {settings.data_dir / 'images'}"
    from classifr.storage.azure_blob import open_container  # noqa: PLC0415

    return f"the Blob container {open_container(settings.blob).place}"
