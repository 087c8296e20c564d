"""The views of all images as rows of one matrix, so that whatever is fitted is a slice of it."""

from collections.abc import Sequence

import numpy as np

from classifr.engine.functional import BoolArray, Float32Array, Int64Array
from classifr.engine.learning.features import to_features

# Embeddings that are converted at a time: beside what was given, only the result is in memory.
_ROWS = 4096


class StackedViews:
    """Features and labels of images that are trained on, and of those that are held out.

    The last of the training images can be spared. Rows: further views of these, then of the other
    training images; the training images, the held-out images; further views of the held-out ones.
    Without further views that is one row an image.
    """

    def __init__(
        self,
        embeddings: Float32Array,
        labels: BoolArray,
        order: Int64Array,
        *,
        training: int,
        sparable: int,
        more_views: Sequence[Float32Array] = (),
    ) -> None:
        """embeddings, and each of more_views: (n, dimension) float32; labels: (n, tags) bool.

        order: (n,), the images as rows of those: the first `training` of them are trained on, the
        last `sparable` of these can be spared.
        """
        if any(view.shape != embeddings.shape for view in more_views):
            raise ValueError("each view shows the same images, in embeddings of one length")
        fitted = max(0, training - sparable)
        parts = [
            *((view, order[fitted:training]) for view in more_views),
            *((view, order[:fitted]) for view in more_views),
            (embeddings, order),
            *((view, order[training:]) for view in more_views),
        ]
        self.views = 1 + len(more_views)  #: Of each image.
        self.features, self.labels = _stack(parts, labels)
        self._sparable = training - fitted
        first = len(more_views) * training
        self._plain = slice(first, first + len(order))
        self._training = slice(first, first + training)
        self._held_out = slice(first + training, first + len(order))

    def plain(self) -> tuple[Float32Array, BoolArray]:
        """Every image once."""
        return self.features[self._plain], self.labels[self._plain]

    def training(self) -> tuple[Float32Array, BoolArray]:
        """The training images, each once."""
        return self.features[self._training], self.labels[self._training]

    def spared(self) -> tuple[Float32Array, BoolArray]:
        """The training images that can be spared, each once."""
        rows = slice(self._training.stop - self._sparable, self._training.stop)
        return self.features[rows], self.labels[rows]

    def held_out(self) -> Float32Array:
        """The features of the held-out images, each once."""
        return self.features[self._held_out]

    def training_views(self, *, is_sparing: bool) -> tuple[Float32Array, BoolArray]:
        """The training images in all views; without any of the spared ones if so asked."""
        spared = self._sparable if is_sparing else 0
        rows = slice((self.views - 1) * spared, self._training.stop - spared)
        return self.features[rows], self.labels[rows]


def _stack(
    parts: Sequence[tuple[Float32Array, Int64Array]], labels: BoolArray
) -> tuple[Float32Array, BoolArray]:
    """The features of these rows of these embeddings, one part below the other; their labels."""
    order = np.concatenate([rows for _, rows in parts])
    features = np.empty((len(order), parts[0][0].shape[1]), np.float32)
    start = 0
    for embeddings, rows in parts:
        for begin in range(0, len(rows), _ROWS):
            some = rows[begin : begin + _ROWS]
            features[start : start + len(some)] = to_features(embeddings[some])
            start += len(some)
    return features, labels[order]
