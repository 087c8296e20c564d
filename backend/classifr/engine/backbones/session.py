"""ONNX Runtime, set up for many single images rather than one large batch."""

import onnxruntime

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.functional import Float32Array
from classifr.engine.images.preprocessing import UInt8Array

_ERROR = 3


class LogitsMissing(Exception):
    """The backbone has no classes of its own."""


class BackboneSession:
    """A loaded backbone. Threads may call it at the same time; each call uses one core."""

    def __init__(self, backbone: Backbone, model: bytes) -> None:
        self._backbone = backbone
        self._session = onnxruntime.InferenceSession(
            model, _session_options(), providers=["CPUExecutionProvider"]
        )

    def embeddings(self, images: UInt8Array) -> Float32Array:
        """(N, H, W, 3) uint8 -> (N, dimension) float32."""
        return self._run(images, self._backbone.embedding_output)

    def logits(self, images: UInt8Array) -> Float32Array:
        """(N, H, W, 3) uint8 -> (N, classes) float32. Raises: LogitsMissing."""
        if self._backbone.logits_output is None:
            raise LogitsMissing(f"{self._backbone.name} gives embeddings only")
        return self._run(images, self._backbone.logits_output)

    def _run(self, images: UInt8Array, output: str) -> Float32Array:
        (values,) = self._session.run([output], {self._backbone.input_name: images})
        return values  # type: ignore[no-any-return]


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # Two threads an image gain nothing when every core has an image of its own.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERROR
    return options
