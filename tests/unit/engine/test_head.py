"""The head's probabilities."""

import numpy as np
import pytest

from classifr.engine.learning.head import Head, HeadKind, probabilities

FEATURES = np.array([[1, 0], [0, 2]], np.float32)


def make_head(kind: HeadKind, temperature: float = 1.0) -> Head:
    weights = np.log(np.array([[1, 2, 5], [1, 3, 1]], np.float32))
    return Head(kind, weights, np.zeros(3, np.float32), temperature)


def test_multiclass_is_a_softmax():
    found = probabilities(make_head(HeadKind.MULTICLASS), FEATURES)

    np.testing.assert_allclose(found, [[1 / 8, 2 / 8, 5 / 8], [1 / 11, 9 / 11, 1 / 11]], rtol=1e-6)


def test_multilabel_is_a_sigmoid_for_each_tag():
    found = probabilities(make_head(HeadKind.MULTILABEL), FEATURES)

    np.testing.assert_allclose(found, [[1 / 2, 2 / 3, 5 / 6], [1 / 2, 9 / 10, 1 / 2]], rtol=1e-6)


@pytest.mark.parametrize("kind", HeadKind)
def test_higher_temperature_is_less_sure_of_the_same(kind):
    sure = probabilities(make_head(kind), FEATURES)
    unsure = probabilities(make_head(kind, temperature=3), FEATURES)

    assert (unsure.argmax(axis=1) == sure.argmax(axis=1)).all()
    assert (unsure.max(axis=1) < sure.max(axis=1)).all()


def test_temperature_divides_the_logits():
    # The logits are log 1, log 2 and log 5; halved, square roots.
    found = probabilities(make_head(HeadKind.MULTICLASS, temperature=2), FEATURES)[0]

    np.testing.assert_allclose(found, np.sqrt([1, 2, 5]) / np.sqrt([1, 2, 5]).sum(), rtol=1e-6)
