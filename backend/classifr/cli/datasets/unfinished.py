"""A folder that appears when it is complete, and until then grows beside its place.

photos.unfinished/export.json   what is being exported
photos.unfinished/files/        becomes photos
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from classifr.cli.client.api import Json
from classifr.cli.datasets.hashes import sha256_of
from classifr.cli.failures import AskedWrongly, CommandError

_STATE = "export.json"


class Unfinished:
    """An export on its way; started again, it goes on with the files that are there."""

    def __init__(self, folder: Path) -> None:
        """folder: what it becomes. Raises: CommandError if that cannot be."""
        self.folder = folder.resolve()
        _check(folder, self.folder)
        self.root = self.folder.with_name(f"{self.folder.name}.unfinished")
        self.files = self.root / "files"

    def open(self, state: Json) -> None:
        """Make the folder, or take it up. state: what is exported. Raises: CommandError."""
        self.root.mkdir(parents=True, exist_ok=True)
        file = self.root / _STATE
        if any(self.root.iterdir()) and _read(file) != state:
            raise AskedWrongly(
                f"{self.root} holds another export that was not finished.",
                hint="Delete it, or name another folder.",
            )
        file.write_text(json.dumps(state), encoding="utf-8")
        self.files.mkdir(exist_ok=True)

    def has(self, place: Path, sha256: str) -> bool:
        """Whether a file is there already, whole."""
        try:
            return sha256_of(self.files / place) == sha256.lower()
        except OSError:
            return False

    def keep_only(self, places: Iterable[Path]) -> None:
        """Remove what an earlier attempt left, such as an image that was deleted since."""
        wanted = {self.files / place for place in places}
        for path in sorted(self.files.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in wanted:
                path.unlink()

    def finish(self) -> None:
        """Let the folder appear, all at once. Raises: CommandError if something is there now."""
        try:
            if self.folder.exists():
                self.folder.rmdir()
            self.files.rename(self.folder)
        except OSError as error:
            raise CommandError(
                f"{self.folder} cannot be put in its place: {error.strerror}. "
                f"The files are in {self.files}.",
                hint="Make room there, and run the same command again.",
            ) from error
        shutil.rmtree(self.root)


def _check(named: Path, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AskedWrongly(f"{named} is not empty.", hint="Name a new folder.")
    if folder == Path.cwd() or os.path.ismount(folder):
        # The folder is replaced as a whole, which these cannot be.
        raise AskedWrongly(
            f"{named} is in use as a folder of its own.",
            hint=f"Name a new folder below it: {named / 'export'}",
        )


def _read(file: Path) -> Json | None:
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
