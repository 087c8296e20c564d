"""How little an answer says: the entropy of its probabilities."""

import numpy as np

from classifr.engine.functional import Float64Array
from classifr.engine.learning.head import HeadKind

_LEAST = 1e-12  # Below it, p log p is nothing.


def uncertainty(probabilities: Float64Array, kind: HeadKind) -> Float64Array:
    """As a share of the most there can be: 0 is sure, 1 knows nothing.

    probabilities: (n, tags) float64 in [0, 1], each row with the sum of 1 if multiclass.
    Gives (n,) float64.
    Source: Settles (2009), Active Learning Literature Survey, section 3.1.
    """
    entropy = _terms(probabilities).sum(axis=1)
    tags = probabilities.shape[1]
    if kind is HeadKind.MULTILABEL:
        entropy = (entropy + _terms(1 - probabilities).sum(axis=1)) / tags
    most = np.log(2) if kind is HeadKind.MULTILABEL else np.log(max(tags, 2))
    shares: Float64Array = np.clip(entropy / most, 0.0, 1.0)
    return shares


def _terms(probabilities: Float64Array) -> Float64Array:
    return -probabilities * np.log(np.maximum(probabilities, _LEAST))
