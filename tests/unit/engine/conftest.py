"""Pictures made from arithmetic, and the backbone built once for all tests of the engine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifr.engine.backbones.file import load_efficientnet_lite0

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def picture() -> Callable[[int, int], Picture]:
    """Makes a picture of a height and width: gradients, tiles and grain, the same everywhere."""

    def make(height: int, width: int) -> Picture:
        y, x, channel = np.ogrid[0:height, 0:width, 0:3]
        gradient = (x * (channel + 1) + y * (3 - channel)) * 255 // (4 * (height + width))
        grain = (x * 7919 + y * 10007 + channel * 611 + x * y * 31) % 61 - 30
        tiles = (x // 32 + y // 32) % 2 * 40
        return np.clip(gradient + grain + tiles, 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def backbone_model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("backbone")
    return load_efficientnet_lite0(folder)
