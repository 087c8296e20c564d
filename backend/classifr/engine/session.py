"""ONNX Runtime, set up for many single images rather than one large batch."""

import onnxruntime

from classifr.engine.backbone import Backbone
from classifr.engine.functional import Float32Array
from classifr.engine.preprocessing import UInt8Array

_ERROR = 3


class BackboneSession:
    """A loaded backbone. Threads may call it at the same time; each call uses one core."""

    def __init__(self, backbone: Backbone, model: bytes) -> None:
        self._backbone = backbone
        self._session = onnxruntime.InferenceSession(
            model, _session_options(), providers=["CPUExecutionProvider"]
        )

    def logits(self, images: UInt8Array) -> Float32Array:
        """(N, H, W, 3) uint8 -> (N, classes) float32."""
        (logits,) = self._session.run(
            [self._backbone.logits_output], {self._backbone.input_name: images}
        )
        return logits  # type: ignore[no-any-return]


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # Two threads an image gain nothing when every core has an image of its own.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERROR
    return options
