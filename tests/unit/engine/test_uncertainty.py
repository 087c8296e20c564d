"""How little an answer says, against entropies computed by hand."""

import numpy as np
import pytest

from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.uncertainty import uncertainty

TOLERANCE = 1e-9


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.25, 0.25, 0.25, 0.25], 1.0),
        ([1.0, 0.0, 0.0, 0.0], 0.0),
        ([0.5, 0.5, 0.0, 0.0], 0.5),  # One bit of two.
    ],
)
def test_entropy_of_one_tag_out_of_several(row: list[float], expected: float) -> None:
    (found,) = uncertainty(np.array([row]), HeadKind.MULTICLASS)
    assert found == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.5, 0.5], 1.0),
        ([1.0, 0.0], 0.0),
        ([1.0, 1.0], 0.0),
        ([0.5, 1.0], 0.5),
        ([0.11, 0.0], 0.4999158 / 2),  # H(0.11) is nearly half a bit.
    ],
)
def test_entropy_of_tags_on_their_own(row: list[float], expected: float) -> None:
    (found,) = uncertainty(np.array([row]), HeadKind.MULTILABEL)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_single_tag_and_no_image() -> None:
    assert uncertainty(np.ones((1, 1)), HeadKind.MULTICLASS).tolist() == [0.0]
    assert uncertainty(np.ones((0, 3)), HeadKind.MULTICLASS).shape == (0,)
