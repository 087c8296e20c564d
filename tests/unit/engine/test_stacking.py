"""Which rows are fitted, spared and held out, when each image has several views."""

import numpy as np
import pytest

from classifr.engine.learning.features import to_features
from classifr.engine.learning.stacking import StackedViews

ORDER = np.array([6, 2, 5, 1, 4, 0, 3])  # The first five are trained on; 1 and 4 can be spared.
LABELS = np.eye(7, dtype=np.bool_)  # Each image has a tag of its own, which tells its rows.


def embeddings_of(view: int) -> np.ndarray:
    return (np.arange(7)[:, np.newaxis] * 10 + [view, 3, 5]).astype(np.float32)


def stacked(more_views: int) -> StackedViews:
    views = [embeddings_of(view) for view in range(more_views + 1)]
    return StackedViews(views[0], LABELS, ORDER, training=5, sparable=2, more_views=views[1:])


def images(labels: np.ndarray) -> list[int]:
    return labels.argmax(axis=1).tolist()


@pytest.mark.parametrize("more_views", [0, 1, 2])
def test_parts_hold_the_images_they_should(more_views):
    views = stacked(more_views)

    assert images(views.plain()[1]) == ORDER.tolist()
    assert images(views.training()[1]) == [6, 2, 5, 1, 4]
    assert images(views.spared()[1]) == [1, 4]
    everything = 1 + more_views
    assert sorted(images(views.labels)) == sorted([*range(7)] * everything)
    fitted = images(views.training_views(is_sparing=False)[1])
    assert sorted(fitted) == sorted([6, 2, 5, 1, 4] * everything)
    fitted = images(views.training_views(is_sparing=True)[1])
    assert sorted(fitted) == sorted([6, 2, 5] * everything)


@pytest.mark.parametrize("more_views", [0, 1, 2])
def test_every_row_is_a_view_of_the_image_that_its_labels_name(more_views):
    views = stacked(more_views)

    expected = [to_features(embeddings_of(view)) for view in range(more_views + 1)]
    seen = set()
    for row, image in zip(views.features, images(views.labels), strict=True):
        view = [bool((of_view[image] == row).all()) for of_view in expected].index(True)
        seen.add((view, image))
    assert len(seen) == 7 * (more_views + 1)
    np.testing.assert_array_equal(views.plain()[0], expected[0][ORDER])
    np.testing.assert_array_equal(views.held_out(), expected[0][[0, 3]])


def test_parts_are_no_copies():
    views = stacked(2)

    parts = [views.plain(), views.training(), views.spared()]
    parts += [views.training_views(is_sparing=is_sparing) for is_sparing in (False, True)]
    assert all(np.shares_memory(part, views.features) for part, _ in parts)
