"""From a backbone's embeddings to what a head is fitted on."""

import numpy as np

from classifr.engine.functional import Float32Array


def to_features(embeddings: Float32Array) -> Float32Array:
    """Signed square root, then Euclidean length one: (n, dimension) float32 to the same shape.

    An embedding of zeros stays zeros.
    Source: Arandjelovic & Zisserman (2012), RootSIFT: distances become Hellinger distances.
    """
    rooted = np.sign(embeddings) * np.sqrt(np.abs(embeddings))
    lengths = np.linalg.norm(rooted, axis=-1, keepdims=True)
    np.divide(rooted, lengths, out=rooted, where=lengths > 0)
    return rooted
