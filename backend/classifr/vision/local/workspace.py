"""What one unit of work sees of the local engine's projects."""

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.settings import Settings
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.images.intake import Intake
from classifr.vision.local.images.service import LocalImages
from classifr.vision.local.iterations.service import LocalIterations
from classifr.vision.local.projects.service import LocalProjects
from classifr.vision.local.projects.tags import LocalTags
from classifr.vision.port import Workspace


class LocalWorkspaces:
    """Gives each unit of work its workspace."""

    def __init__(
        self, storage: Storage, backbones: Backbones, settings: Settings, *, threads: int
    ) -> None:
        """threads: on which images are checked, in the whole process."""
        self._storage = storage
        self._backbones = backbones
        self._settings = settings
        self._intake = Intake(storage, settings, threads=threads)

    def close(self) -> None:
        """End the threads."""
        self._intake.close()

    def open(self, session: AsyncSession) -> Workspace:
        """The workspace of a transaction."""
        limits = self._settings.training
        return Workspace(
            projects=LocalProjects(session, self._storage, limits),
            tags=LocalTags(session, limits),
            images=LocalImages(session, self._storage, self._intake),
            iterations=LocalIterations(session, self._storage, self._backbones, self._settings),
        )
