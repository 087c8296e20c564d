"""Which tags are taken for which, and the images where the model was most wrong."""

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array, Int64Array


def confusion_matrix(
    probabilities: Float64Array, labels: BoolArray, threshold: float
) -> Int64Array:
    """(tags, tags + 1) int64: rows are the true tag, columns the most probable one.

    Multiclass. The last column counts images whose top probability is below the threshold.
    """
    tags = labels.shape[1]
    matrix = np.zeros((tags, tags + 1), np.int64)
    if len(labels):
        is_sure = probabilities.max(axis=1) >= threshold
        predicted = np.where(is_sure, probabilities.argmax(axis=1), tags)
        np.add.at(matrix, (labels.argmax(axis=1), predicted), 1)
    return matrix


def worst_images(probabilities: Float64Array, labels: BoolArray, most: int) -> Int64Array:
    """Rows of the images whose top tag is not theirs, the surest first; at most so many."""
    if len(labels) == 0:
        return np.empty(0, np.int64)
    top = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(~labels[np.arange(len(labels)), top])
    return wrong[np.argsort(-probabilities[wrong, top[wrong]], kind="stable")][:most]
