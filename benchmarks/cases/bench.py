"""What every case is given."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from floor import Floor
from measure import Measurement
from photos import load_photos
from server import scratch_folder


@dataclass(frozen=True)
class Bench:
    """One run of the benchmarks."""

    models: Path  #: Where the ONNX file of the floor is.
    photo_folder: Path | None  #: None: photos are made.
    is_quick: bool

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

    @staticmethod
    def folder() -> AbstractContextManager[Path]:
        """A folder for one server."""
        return scratch_folder()


Case = Callable[[Bench], Iterable[Measurement]]
