"""The fit: against scikit-learn, and its gradient against differences."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.unit.engine.clusters import make_clusters

from classifr.engine.learning import fitting
from classifr.engine.learning.features import to_features
from classifr.engine.learning.fitting import prepare, solve, to_head
from classifr.engine.learning.head import HeadKind, probabilities
from classifr.engine.learning.objective import loss_and_gradient

#: Of probabilities, between two float32 and float64 solvers run to convergence.
TOLERANCE = 2e-3


@pytest.fixture
def converged(monkeypatch):
    monkeypatch.setattr(fitting, "_RELATIVE_TOLERANCE", 1e-9)
    monkeypatch.setattr(fitting, "_MOST_ITERATIONS", 500)


def restrained(data, features):
    """Features such that an even penalty on their weights is ours on the weights of `features`."""
    return (features - data.mean) @ data.axes / np.sqrt(data.restraint)


@pytest.mark.usefixtures("converged")
@pytest.mark.parametrize("counts", [[40, 30, 50], [6, 7, 5]], ids=["many", "fewer than dimensions"])
@pytest.mark.parametrize("precision", [1.0, 0.03])
def test_multiclass_is_scikit_learns_logistic_regression(counts, precision):
    clusters = make_clusters(counts, noise=2)
    features = to_features(clusters.embeddings)
    data = prepare(features, clusters.labels, HeadKind.MULTICLASS)
    head = to_head(data, solve(data, precision), 1.0)

    reference = LogisticRegression(C=1 / precision, tol=1e-8, max_iter=10_000)
    reference.fit(restrained(data, features), clusters.labels.argmax(axis=1))

    new = to_features(make_clusters([20, 20, 20], noise=2, seed=5).embeddings)
    expected = reference.predict_proba(restrained(data, new))
    np.testing.assert_allclose(probabilities(head, new), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.usefixtures("converged")
def test_multilabel_is_one_logistic_regression_a_tag():
    clusters = make_clusters([60, 50], noise=2)
    random = np.random.default_rng(3)
    labels = clusters.labels ^ (random.random(clusters.labels.shape) < 0.1)
    features = to_features(clusters.embeddings)
    data = prepare(features, labels, HeadKind.MULTILABEL)
    head = to_head(data, solve(data, 0.1), 1.0)

    new = to_features(make_clusters([20, 20], noise=2, seed=5).embeddings)
    for tag in range(2):
        reference = LogisticRegression(C=10, tol=1e-8, max_iter=10_000)
        reference.fit(restrained(data, features), labels[:, tag])
        np.testing.assert_allclose(
            probabilities(head, new)[:, tag],
            reference.predict_proba(restrained(data, new))[:, 1],
            rtol=0,
            atol=TOLERANCE,
        )


def test_restraint_is_strongest_where_images_of_one_tag_differ():
    random = np.random.default_rng(2)
    labels = np.repeat(np.eye(2, dtype=np.bool_), 200, axis=0)
    # The first number tells the tags apart, the second is noise, the third hardly varies.
    spread = np.array([0.2, 5, 0.1])
    features = labels[:, :1] * np.array([3.0, 0, 0]) + random.normal(size=(400, 3)) * spread
    data = prepare(features.astype(np.float32), labels, HeadKind.MULTICLASS)
    along = data.axes.T**2  # (directions, numbers): each direction is one number, nearly.
    restraint = data.restraint @ along
    assert restraint[1] > 1.3 * restraint[0]
    assert restraint[0] == pytest.approx(restraint[2], rel=0.05)
    assert data.restraint.mean() == pytest.approx(1)


@pytest.mark.parametrize("kind", HeadKind)
@pytest.mark.parametrize("several_tags", [False, True])
def test_gradient_is_the_slope_of_the_loss(kind, several_tags):
    clusters = make_clusters([15, 25, 20], dimension=6)
    clusters.labels[::3, 1] |= several_tags
    data = prepare(to_features(clusters.embeddings), clusters.labels, kind)
    random = np.random.default_rng(7)
    weights = random.normal(size=(6, 3)).astype(np.float32)
    bias = random.normal(size=3)

    _, by_weights, by_bias = loss_and_gradient(data, weights, bias)

    step = 0.01
    for index in np.ndindex(weights.shape):
        shift = np.zeros_like(weights)
        shift[index] = step
        up = loss_and_gradient(data, weights + shift, bias)[0]
        down = loss_and_gradient(data, weights - shift, bias)[0]
        # The loss is computed from float32 logits, hence the coarse tolerance.
        assert by_weights[index] == pytest.approx((up - down) / (2 * step), abs=1e-4)
    for tag in range(3):
        shift = step * np.eye(3)[tag]
        up = loss_and_gradient(data, weights, bias + shift)[0]
        down = loss_and_gradient(data, weights, bias - shift)[0]
        assert by_bias[tag] == pytest.approx((up - down) / (2 * step), abs=1e-4)


def test_loss_does_not_depend_on_how_the_rows_are_cut(monkeypatch):
    clusters = make_clusters([33, 34, 35])
    data = prepare(to_features(clusters.embeddings), clusters.labels, HeadKind.MULTICLASS)
    weights = np.random.default_rng(1).normal(size=(32, 3)).astype(np.float32)
    whole = loss_and_gradient(data, weights, np.zeros(3))
    monkeypatch.setattr("classifr.engine.learning.objective._ROWS", 7)
    for cut, uncut in zip(loss_and_gradient(data, weights, np.zeros(3)), whole, strict=True):
        np.testing.assert_allclose(cut, uncut, rtol=0, atol=1e-6)


def test_warm_start_reaches_the_same_in_fewer_steps():
    clusters = make_clusters([80, 80, 80], noise=3)
    data = prepare(to_features(clusters.embeddings), clusters.labels, HeadKind.MULTICLASS)
    cold_steps: list[float] = []
    warm_steps: list[float] = []
    solution = solve(data, 0.03, on_progress=cold_steps.append)

    again = solve(data, 0.03, start=solution, on_progress=warm_steps.append)

    assert len(warm_steps) < len(cold_steps)
    np.testing.assert_allclose(again.weights, solution.weights, rtol=0, atol=0.3)
