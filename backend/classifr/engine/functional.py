"""Pure functions on arrays. Each returns a new one."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
Int64Array: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def softmax(logits: Float32Array | Float64Array) -> Float64Array:
    """Probabilities along the last axis, float64; safe for logits of any size."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted, out=shifted)
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


def sigmoid(logits: Float32Array | Float64Array) -> Float64Array:
    """One probability for each logit, float64; safe for logits of any size."""
    # The same as 1 / (1 + exp(-x)), without an exponential that overflows.
    return 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))
