"""What every case is given."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from floor import Floor
from measure import Measurement
from photos import load_photos

#: Run as root, the embedded PostgreSQL belongs to another account, which has to get to its folder.
PASSABLE = 0o711


@dataclass(frozen=True)
class Bench:
    """One run of the benchmarks."""

    scratch: Path  #: Removed at the end of the run.
    photo_folder: Path | None  #: None: photos are made.
    is_quick: bool

    @property
    def models(self) -> Path:
        """Where the ONNX file of the floor is."""
        return self.scratch / "models"

    @cached_property
    def photos(self) -> list[bytes]:
        """JPEG files of 512 pixels."""
        return load_photos(self.photo_folder, 20)

    @cached_property
    def floor(self) -> Floor:
        """The floor in this process."""
        return Floor(self.models)

    def repeat(self, usual: int, quick: int) -> int:
        """How often: `usual`, or `quick` in a quick run."""
        return quick if self.is_quick else usual

    def folder(self) -> Path:
        """A new folder for one server.

        It stays until the end of the run: for minutes after files were deleted, ext4 looks long
        for room for new ones, and the next case would pay for the last one's tidiness.
        """
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        folder.chmod(PASSABLE)
        return folder


Case = Callable[[Bench], Iterable[Measurement]]
