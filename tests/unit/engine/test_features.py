"""From embeddings to features."""

import numpy as np

from classifr.engine.learning.features import to_features


def test_features_are_signed_roots_of_length_one():
    embeddings = np.array([[9, -16, 0, 0], [0, 0, 4, 0]], np.float32)

    features = to_features(embeddings)

    assert features.dtype == np.float32
    np.testing.assert_allclose(features, [[0.6, -0.8, 0, 0], [0, 0, 1, 0]], atol=1e-7)


def test_embedding_of_zeros_stays_zeros():
    assert to_features(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_features_leave_the_embeddings_alone():
    embeddings = np.array([[4, -9]], np.float32)
    to_features(embeddings)
    assert embeddings.tolist() == [[4, -9]]
