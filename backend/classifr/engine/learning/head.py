"""The head: a linear layer on a backbone's features, calibrated; the only part that is trained."""

from dataclasses import dataclass
from enum import StrEnum

from classifr.engine.functional import Float32Array, Float64Array, sigmoid, softmax


class HeadKind(StrEnum):
    """How many tags an image may carry."""

    #: One: probabilities sum to one. To learn from, an image may carry several; any is right then.
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"  #: Any number: each tag has a probability of its own.


@dataclass(frozen=True, eq=False)
class Head:
    """Softmax regression, or one logistic regression a tag."""

    kind: HeadKind
    weights: Float32Array  #: (dimension, tags)
    bias: Float32Array  #: (tags,)
    temperature: float  #: Logits are divided by it: above 1, the answers are less sure.


def head_logits(head: Head, features: Float32Array) -> Float32Array:
    """Before the calibration: (n, dimension) to (n, tags) float32."""
    return features @ head.weights + head.bias


def probabilities(head: Head, features: Float32Array) -> Float64Array:
    """Calibrated: (n, dimension) float32, from `to_features`, to (n, tags) float64 in [0, 1]."""
    return to_probabilities(head_logits(head, features) / head.temperature, head.kind)


def to_probabilities(logits: Float32Array | Float64Array, kind: HeadKind) -> Float64Array:
    """Softmax over the tags, or a sigmoid for each."""
    return softmax(logits) if kind is HeadKind.MULTICLASS else sigmoid(logits)
