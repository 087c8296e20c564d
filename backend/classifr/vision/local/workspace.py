"""What one unit of work sees of the local engine's projects."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.settings import TrainingSettings, UploadSettings
from classifr.storage.port import Storage
from classifr.vision.local.images import LocalImages
from classifr.vision.local.intake import Intake
from classifr.vision.local.projects import LocalProjects
from classifr.vision.local.tags import LocalTags
from classifr.vision.port import Iterations, Workspace


class LocalWorkspaces:
    """Gives each unit of work its workspace."""

    def __init__(
        self, storage: Storage, training: TrainingSettings, upload: UploadSettings, *, threads: int
    ) -> None:
        """threads: on which images are checked, in the whole process."""
        self._storage = storage
        self._limits = training
        self._intake = Intake(storage, training, upload, threads=threads)

    def open(self, session: AsyncSession) -> Workspace:
        """The workspace of a transaction."""
        return Workspace(
            projects=LocalProjects(session, self._storage, self._limits),
            tags=LocalTags(session, self._limits),
            images=LocalImages(session, self._storage, self._intake),
            iterations=cast(Iterations, None),
        )
