"""`classifr worker` that pauses for good in one place, so that a test can kill it right there.

python held_worker.py PLACE MARKER: PLACE is embedding, fitting, storing or copying; the file
MARKER appears once the worker is there.
"""

import sys
import time
from pathlib import Path

from classifr.cli.main import run
from classifr.storage.local import LocalStorage
from classifr.vision.local.embedding import embedder
from classifr.vision.local.projects import copying
from classifr.vision.local.training import job


def hold() -> None:
    """Say that this place is reached, and stay."""
    Path(sys.argv[2]).touch()
    time.sleep(600)


async def put_and_hold(
    self: LocalStorage, key: str, data: bytes, *, is_durable: bool = False
) -> None:
    """The first file of the iteration is there; the second is not."""
    await original_put(self, key, data, is_durable=is_durable)
    hold()


async def store_and_hold(*arguments: object) -> None:
    """The second chunk of embeddings is never stored."""
    await original_store(*arguments)
    if held_before:
        hold()
    held_before.append(True)


async def hold_or_add(*arguments: object) -> None:
    """The second images of a copy have their files, and never their rows."""
    if held_before:
        hold()
    held_before.append(True)
    await original_add(*arguments)


held_before: list[bool] = []
original_put = LocalStorage.put
original_store = embedder.store_embeddings
original_add = copying._add
match sys.argv[1]:
    case "embedding":
        embedder.store_embeddings = store_and_hold
    case "fitting":
        job.train_model = lambda *_, **__: hold()
    case "copying":
        copying._add = hold_or_add
    case "storing":
        LocalStorage.put = put_and_hold
sys.exit(run(["worker"]))
