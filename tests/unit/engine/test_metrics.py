"""Metrics against scikit-learn, and where they are undefined."""

import numpy as np
import pytest
from sklearn import metrics as reference

from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.calibration import calibration_error, reliability
from classifr.engine.measures.confusion import confusion_matrix, worst_images
from classifr.engine.measures.curves import precision_recall_curve
from classifr.engine.measures.metrics import average_precision, evaluate, predicted_tags, top1

TOLERANCE = 1e-9


def make_case(seed: int, kind: HeadKind) -> tuple[np.ndarray, np.ndarray]:
    """Random probabilities and labels; with ties in every second case, often with empty tags."""
    random = np.random.default_rng(seed)
    n, tags = int(random.integers(1, 60)), int(random.integers(2, 7))
    if kind is HeadKind.MULTICLASS:
        labels = np.eye(tags, dtype=np.bool_)[random.integers(0, random.integers(1, tags + 1), n)]
        scores = random.random((n, tags)) ** 3 + 0.3 * labels
    else:
        labels = random.random((n, tags)) < random.random(tags)
        scores = random.random((n, tags))
    if seed % 2:
        scores = np.round(scores, 1) + 0.05
    if kind is HeadKind.MULTICLASS:
        scores /= scores.sum(axis=1, keepdims=True)
    return scores, labels


@pytest.mark.parametrize("kind", HeadKind)
@pytest.mark.parametrize("seed", range(40))
def test_precision_and_recall_are_scikit_learns(seed, kind):
    probabilities, labels = make_case(seed, kind)
    for threshold in (0.0, 0.25, 0.5, 0.9):
        found = evaluate(probabilities, labels, kind, threshold)
        predicted = predicted_tags(probabilities, kind, threshold)

        options = {"zero_division": np.nan}
        per_tag_precision = reference.precision_score(labels, predicted, average=None, **options)
        per_tag_recall = reference.recall_score(labels, predicted, average=None, **options)
        for tag, one in enumerate(found.per_tag):
            assert_same(one.precision, per_tag_precision[tag])
            assert_same(one.recall, per_tag_recall[tag])
            assert one.images == labels[:, tag].sum()
        overall = found.overall
        average = {"average": "micro", **options}
        assert_same(overall.precision, reference.precision_score(labels, predicted, **average))
        assert_same(overall.recall, reference.recall_score(labels, predicted, **average))


@pytest.mark.parametrize("kind", HeadKind)
@pytest.mark.parametrize("seed", range(40))
def test_average_precision_is_scikit_learns(seed, kind):
    probabilities, labels = make_case(seed, kind)
    found = evaluate(probabilities, labels, kind, 0.5)

    expected = [
        reference.average_precision_score(labels[:, tag], probabilities[:, tag])
        if labels[:, tag].any()
        else np.nan
        for tag in range(labels.shape[1])
    ]
    for one, value in zip(found.per_tag, expected, strict=True):
        assert_same(one.average_precision, value)
    mean = np.nan if np.isnan(expected).all() else np.nanmean(expected)
    assert_same(found.overall.average_precision, mean)


def assert_same(found: float | None, expected: float) -> None:
    """NaN of scikit-learn is our None."""
    if np.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected, rel=0, abs=TOLERANCE)


def test_threshold_itself_counts_as_predicted():
    probabilities = np.array([[0.5, 0.3], [0.4, 0.6]])
    assert predicted_tags(probabilities, HeadKind.MULTILABEL, 0.5).tolist() == [
        [True, False],
        [False, True],
    ]


def test_only_the_top_tag_of_a_multiclass_image_is_predicted():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.34, 0.33, 0.33]])
    predicted = predicted_tags(probabilities, HeadKind.MULTICLASS, 0.35)
    assert predicted.tolist() == [[True, False, False], [True, False, False], [False] * 3]


def test_nothing_is_none_never_nan():
    nothing = np.empty((0, 3)), np.empty((0, 3), np.bool_)
    for kind in HeadKind:
        found = evaluate(*nothing, kind, 0.5)
        assert found.overall.precision is None
        assert found.overall.recall is None
        assert found.overall.average_precision is None
        assert len(found.per_tag) == 3
    assert top1(*nothing) is None
    assert calibration_error(*nothing) is None
    assert confusion_matrix(*nothing, 0.5).tolist() == [[0] * 4] * 3
    assert worst_images(*nothing, 5).tolist() == []
    assert precision_recall_curve(np.empty(0), np.empty(0, np.bool_)) == []


def test_top1_is_scikit_learns_accuracy():
    probabilities, labels = make_case(12, HeadKind.MULTICLASS)
    expected = reference.accuracy_score(labels.argmax(axis=1), probabilities.argmax(axis=1))
    assert top1(probabilities, labels) == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("seed", range(10))
def test_confusion_matrix_is_scikit_learns_with_a_column_for_the_unsure(seed):
    probabilities, labels = make_case(seed, HeadKind.MULTICLASS)
    tags = labels.shape[1]
    predicted = np.where(probabilities.max(axis=1) >= 0.4, probabilities.argmax(axis=1), tags)
    expected = reference.confusion_matrix(labels.argmax(axis=1), predicted, labels=range(tags + 1))[
        :tags
    ]

    np.testing.assert_array_equal(confusion_matrix(probabilities, labels, 0.4), expected)


def test_worst_images_are_the_surest_mistakes():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    labels = np.array([[0, 1], [1, 0], [1, 0], [1, 0]], np.bool_)

    assert worst_images(probabilities, labels, 5).tolist() == [0, 1, 3]
    assert worst_images(probabilities, labels, 2).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_curve_is_scikit_learns(seed):
    probabilities, labels = make_case(seed, HeadKind.MULTILABEL)
    scores, is_positive = probabilities[:, 0], labels[:, 0]
    points = precision_recall_curve(scores, is_positive)
    if not is_positive.any():
        assert points == []
        return
    # scikit-learn goes from low to high, and adds a last point at recall 0.
    precision, recall, thresholds = reference.precision_recall_curve(is_positive, scores)
    ours = [(point.threshold, point.precision, point.recall) for point in points]
    theirs = list(zip(thresholds, precision[:-1], recall[:-1], strict=True))[::-1]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)


def test_long_curve_is_thinned_without_being_seen():
    random = np.random.default_rng(1)
    is_positive = random.random(20_000) < 0.3
    scores = random.normal(size=20_000) + 1.5 * is_positive

    thin = precision_recall_curve(scores, is_positive)
    whole = precision_recall_curve(scores, is_positive, most_points=10**9)

    assert len(whole) == 20_000
    assert 100 < len(thin) <= 200
    assert (thin[0], thin[-1]) == (whole[0], whole[-1])
    drawn = np.interp(
        [point.recall for point in whole],
        [point.recall for point in thin],
        [point.precision for point in thin],
    )
    # Where few images are predicted, the curve jumps by itself.
    gaps = np.abs(drawn - [point.precision for point in whole])
    assert gaps[1000:].max() < 0.01
    area = np.trapezoid([point.precision for point in thin], [point.recall for point in thin])
    assert area == pytest.approx(average_precision(scores, is_positive), abs=0.005)


def test_calibration_error_of_known_numbers():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.45, 0.55], [1.0, 0.0]])
    labels = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], np.bool_)
    # Two at 0.9, half of them right; one at 0.55 and one at 1, both right.
    expected = (2 * abs(0.5 - 0.9) + abs(1 - 0.55) + 0) / 4

    assert calibration_error(probabilities, labels) == pytest.approx(expected, abs=TOLERANCE)
    bins = reliability(probabilities, labels)
    assert [one.images for one in bins] == [1, 2, 1]
    assert all(one.low < one.confidence <= one.high for one in bins)


def test_calibration_error_of_a_calibrated_model_is_small():
    random = np.random.default_rng(2)
    probabilities = random.dirichlet(np.ones(4) * 0.5, size=20_000)
    drawn = (random.random((20_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1).clip(0, 3)

    error = calibration_error(probabilities, np.eye(4, dtype=np.bool_)[drawn])

    assert error is not None
    assert error < 0.015


def test_confusion_takes_the_answered_one_of_several_tags():
    labels = np.array([[True, True, False], [True, False, True]])
    probabilities = np.array([[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]])
    matrix = confusion_matrix(probabilities, labels, 0.5)
    assert matrix.tolist() == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
