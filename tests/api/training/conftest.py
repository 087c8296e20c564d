"""A project that can be trained, and a storage without what other trainings left."""

from collections import Counter
from uuid import UUID

import numpy as np
import pytest
from tests.albums import make_album
from tests.api.training.steps import DISHES, keys

from classifr.engine.functional import Float32Array
from classifr.state import State
from classifr.vision.local.embedding.backbones import LoadedBackbone


@pytest.fixture(autouse=True)
async def _no_files_from_other_tests(state: State) -> None:
    for key in await keys(state):
        await state.storage.delete(key)


@pytest.fixture
async def project(state: State) -> UUID:
    """A project that can be trained."""
    return await make_album(state.database, state.vision, DISHES)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the images that a backbone looks at, under `images`."""
    counts: Counter[str] = Counter()
    original = LoadedBackbone.embeddings

    def embeddings(self: LoadedBackbone, images: np.ndarray) -> Float32Array:
        counts["images"] += len(images)
        return original(self, images)

    monkeypatch.setattr(LoadedBackbone, "embeddings", embeddings)
    return counts
