"""The engine that the settings name."""

from classifr.database.session import Database
from classifr.settings import Settings, VisionEngine
from classifr.storage.port import Storage
from classifr.vision.azure.vision import AzureVision
from classifr.vision.local.opening import make_local_vision
from classifr.vision.port import Vision


def make_vision(
    settings: Settings, database: Database, storage: Storage, *, sessions: int
) -> Vision:
    """The engine, to be opened. sessions: images that the local one works on at the same time.

    Raises: SettingsInvalid if something that the engine needs is not set.
    """
    if settings.vision == VisionEngine.AZURE:
        return AzureVision(settings)
    return make_local_vision(settings, database, storage, sessions=sessions)
