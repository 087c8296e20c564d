"""The local engine of an installation, put together."""

from functools import partial

from classifr.database.session import Database
from classifr.settings import Settings
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.installation import Installation
from classifr.vision.local.iterations.reports import LocalReports
from classifr.vision.local.publishing.published import PublishedModels
from classifr.vision.local.publishing.trials import Trials
from classifr.vision.local.retention import sweep_training_orphans
from classifr.vision.local.suggestions import Suggestions
from classifr.vision.local.vision import LocalVision
from classifr.vision.local.workspace import LocalWorkspaces


def make_backbones(settings: Settings) -> Backbones:
    """The backbones of this data folder."""
    return Backbones(settings.data_dir / "models", settings.backbone)


def make_local_vision(
    settings: Settings, database: Database, storage: Storage, *, sessions: int
) -> LocalVision:
    """The engine with its projects, to be opened. sessions: images worked on at the same time."""
    backbones = make_backbones(settings)
    return LocalVision(
        backbones,
        sessions=sessions,
        max_waiting=settings.engine.max_waiting,
        max_pixels=settings.upload.max_pixels,
        installation=Installation(
            published=PublishedModels(database, storage, backbones),
            trials=Trials(storage, backbones),
            suggestions=Suggestions(database, storage, lanes=sessions),
            workspaces=LocalWorkspaces(storage, backbones, settings, threads=sessions),
            reports=LocalReports(database, storage, backbones),
            tidy=partial(sweep_training_orphans, database, storage),
        ),
    )
