"""Which tags are taken for which, and the images where the model was most wrong."""

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array, Int64Array
from classifr.engine.measures.metrics import is_top_right


def confusion_matrix(
    probabilities: Float64Array, labels: BoolArray, threshold: float
) -> Int64Array:
    """(tags, tags + 1) int64: rows are the true tag, columns the most probable one.

    Multiclass. The last column counts images whose top probability is below the threshold.
    Of several true tags, the one that was answered counts, or else the first.
    """
    tags = labels.shape[1]
    matrix = np.zeros((tags, tags + 1), np.int64)
    if len(labels):
        is_sure = probabilities.max(axis=1) >= threshold
        top = probabilities.argmax(axis=1)
        true = np.where(is_top_right(probabilities, labels), top, labels.argmax(axis=1))
        np.add.at(matrix, (true, np.where(is_sure, top, tags)), 1)
    return matrix


def worst_images(probabilities: Float64Array, labels: BoolArray, most: int) -> Int64Array:
    """Rows of the images whose top tag is not theirs, the surest first; at most so many."""
    if len(labels) == 0:
        return np.empty(0, np.int64)
    top = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(~labels[np.arange(len(labels)), top])
    return wrong[np.argsort(-probabilities[wrong, top[wrong]], kind="stable")][:most]
