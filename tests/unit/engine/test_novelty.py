"""None of these."""

import numpy as np
import pytest
from tests.unit.engine.clusters import make_clusters

from classifr.engine.learning.features import to_features
from classifr.engine.learning.novelty import fit_novelty, is_novel, novelty_scores


@pytest.fixture
def clusters():
    return make_clusters([60, 40, 50], noise=0.5)


def test_images_like_those_of_the_training_are_not_novel(clusters):
    novelty = fit_novelty(to_features(clusters.embeddings), clusters.labels)
    new = to_features(make_clusters([200, 200, 200], noise=0.5, seed=3).embeddings)

    scores = novelty_scores(novelty, new)

    assert ((scores >= 0) & (scores < 1)).all()
    assert is_novel(scores).mean() < 0.05


def test_images_of_something_else_are_novel(clusters):
    novelty = fit_novelty(to_features(clusters.embeddings), clusters.labels)
    far = np.random.default_rng(1).random((50, 32), np.float32) * np.eye(32, dtype=np.float32)[0]

    assert is_novel(novelty_scores(novelty, to_features(far))).all()


def test_score_is_a_half_at_the_threshold(clusters):
    novelty = fit_novelty(to_features(clusters.embeddings), clusters.labels)
    features = to_features(clusters.embeddings)

    scores = novelty_scores(novelty, features)

    distances = 1 - (features @ novelty.centroids.T).max(axis=1)
    np.testing.assert_array_equal(is_novel(scores), distances > novelty.threshold)
    on_centroid = novelty_scores(novelty, novelty.centroids)
    np.testing.assert_allclose(on_centroid, 0, atol=1e-5)


@pytest.mark.parametrize("rows_at_a_time", [7, 4096])
def test_threshold_leaves_each_image_out_of_its_centroid(clusters, monkeypatch, rows_at_a_time):
    monkeypatch.setattr("classifr.engine.learning.novelty._ROWS", rows_at_a_time)
    features = to_features(clusters.embeddings).astype(np.float64)
    distances = []
    for row, own in enumerate(clusters.labels):
        others = np.arange(len(features)) != row
        cosines = []
        for tag in range(3):
            total = features[others & clusters.labels[:, tag]].sum(axis=0)
            cosines.append(features[row] @ total / np.linalg.norm(total))
        distances.append(1 - max(cosines))
        assert own.any()

    novelty = fit_novelty(features.astype(np.float32), clusters.labels)

    assert novelty.threshold == pytest.approx(np.percentile(distances, 99), abs=1e-5)


def test_tags_of_one_image_and_of_none_are_no_trouble():
    clusters = make_clusters([30, 1, 0])
    features = to_features(clusters.embeddings)

    novelty = fit_novelty(features, clusters.labels)

    assert novelty.centroids.shape == (2, 32)
    assert np.isfinite(novelty_scores(novelty, features)).all()


def test_images_without_tags_do_not_count():
    clusters = make_clusters([30, 30])
    extra = np.eye(32, dtype=np.float32)[:10]
    features = to_features(np.vstack([clusters.embeddings, extra]))
    labels = np.vstack([clusters.labels, np.zeros((10, 2), np.bool_)])

    with_extra = fit_novelty(features, labels)
    without = fit_novelty(features[:60], clusters.labels)

    assert with_extra.threshold == pytest.approx(without.threshold, abs=1e-6)
