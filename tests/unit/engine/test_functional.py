"""Pure functions on arrays."""

import numpy as np
import pytest

from classifr.engine.functional import softmax


@pytest.mark.parametrize("scale", [0, 1, 1e4])
def test_probabilities_sum_to_one(scale):
    logits = np.random.default_rng(1).normal(size=(8, 1000)).astype(np.float32) * np.float32(scale)

    probabilities = softmax(logits)

    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=0, atol=1e-12)
    assert (probabilities >= 0).all()
    np.testing.assert_array_equal(probabilities.argmax(axis=-1), logits.argmax(axis=-1))


def test_softmax_of_known_numbers():
    logits = np.log(np.array([1, 2, 5], np.float32))

    np.testing.assert_allclose(softmax(logits), [0.125, 0.25, 0.625], rtol=1e-6)


def test_softmax_leaves_its_argument_alone():
    logits = np.array([1, 2], np.float32)
    softmax(logits)
    assert logits.tolist() == [1, 2]
