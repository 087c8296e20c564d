"""Training as a whole: the same bits each time, and sense from odd data."""

import numpy as np
import pytest
from tests.unit.engine.clusters import Clusters, make_clusters

from classifr.engine.classifier import Classifier, classifier_to_bytes
from classifr.engine.learning import regularisation
from classifr.engine.learning.features import to_features
from classifr.engine.learning.head import HeadKind, probabilities
from classifr.engine.learning.regularisation import stratified_folds
from classifr.engine.learning.split import is_held_out
from classifr.engine.learning.training import TooFewImages, TrainedModel, train_model
from classifr.engine.measures.metrics import top1


def train(clusters: Clusters, kind: HeadKind = HeadKind.MULTICLASS, **options) -> TrainedModel:
    return train_model(clusters.embeddings, clusters.labels, clusters.sha256s, kind, **options)


def both_heads(model: TrainedModel) -> bytes:
    return b"".join(
        classifier_to_bytes(Classifier(("a", "b", "c"), "test", head, model.novelty))
        for head in (model.evaluation_head, model.serving_head)
    )


def test_same_images_give_the_same_bits_in_any_order():
    clusters = make_clusters([40, 30, 50], noise=2)
    order = np.random.default_rng(4).permutation(120)
    shuffled = Clusters(
        clusters.embeddings[order],
        clusters.labels[order],
        [clusters.sha256s[row] for row in order],
    )

    first, second, third = train(clusters), train(clusters), train(shuffled)

    assert both_heads(first) == both_heads(second) == both_heads(third)
    np.testing.assert_array_equal(first.held_out_probabilities, second.held_out_probabilities)
    # Row r of the shuffled images is row order[r] of the others.
    np.testing.assert_array_equal(np.sort(order[third.held_out]), first.held_out)


def test_held_out_images_are_those_of_the_split_and_were_not_seen():
    clusters = make_clusters([40, 30, 50], noise=2)
    expected = [row for row, digest in enumerate(clusters.sha256s) if is_held_out(digest)]
    spoilt = clusters.embeddings.copy()
    spoilt[expected] = spoilt[expected][::-1] * 3

    model = train(clusters)
    other = train(Clusters(spoilt, clusters.labels, clusters.sha256s))

    assert model.held_out.tolist() == expected
    np.testing.assert_array_equal(model.evaluation_head.weights, other.evaluation_head.weights)
    assert model.regularisation == other.regularisation
    assert (model.serving_head.weights != other.serving_head.weights).any()
    features = to_features(clusters.embeddings[expected])
    np.testing.assert_allclose(
        model.held_out_probabilities, probabilities(model.evaluation_head, features), atol=1e-6
    )


def test_model_tells_the_tags_apart():
    model = train(make_clusters([60, 60, 60]))
    new = make_clusters([100, 100, 100], seed=8)

    found = top1(probabilities(model.serving_head, to_features(new.embeddings)), new.labels)

    assert found is not None
    assert found > 0.95


def test_tags_of_five_images_beside_one_of_five_hundred():
    model = train(make_clusters([500, 5, 5], noise=0.7))
    new = make_clusters([40, 40, 40], noise=0.7, seed=8)

    found = probabilities(model.serving_head, to_features(new.embeddings))

    assert np.isfinite(found).all()
    recall = [top1(found[new.labels[:, tag]], new.labels[new.labels[:, tag]]) for tag in range(3)]
    assert min(value for value in recall if value is not None) > 0.8


def test_multilabel_learns_tags_that_come_together_and_images_without_any():
    clusters = make_clusters([60, 60, 60])
    # The third cluster carries both tags; a fourth kind of image, none.
    labels = np.vstack([clusters.labels[:, [0, 1]] | clusters.labels[:, [2]], np.zeros((40, 2))])
    nothing = make_clusters([0, 0, 0, 40], seed=3)
    together = Clusters(
        np.vstack([clusters.embeddings, nothing.embeddings]),
        labels.astype(np.bool_),
        clusters.sha256s + nothing.sha256s,
    )

    model = train(together, HeadKind.MULTILABEL)

    found = probabilities(model.serving_head, to_features(together.embeddings)) >= 0.5
    assert (found == together.labels).mean() > 0.97


@pytest.mark.parametrize("counts", [[2, 2], [5, 5], [1, 6], [12, 0, 12]])
def test_few_images_and_empty_tags_still_train(counts):
    model = train(make_clusters(counts))

    for head in (model.evaluation_head, model.serving_head):
        assert np.isfinite(head.weights).all()
        assert np.isfinite(head.bias).all()
    assert model.held_out_probabilities.shape == (len(model.held_out), len(counts))


def test_identical_images_still_train():
    clusters = make_clusters([10, 10])
    same = Clusters(np.ones_like(clusters.embeddings), clusters.labels, clusters.sha256s)

    model = train(same)

    found = probabilities(model.serving_head, to_features(same.embeddings))
    np.testing.assert_allclose(found, 0.5, atol=0.05)


def test_one_tag_is_too_few_for_multiclass():
    with pytest.raises(TooFewImages, match="second"):
        train(make_clusters([20]))


def test_nothing_but_held_out_images_is_too_few():
    clusters = make_clusters([40, 40])
    held = [row for row, digest in enumerate(clusters.sha256s) if is_held_out(digest)]
    only = Clusters(
        clusters.embeddings[held], clusters.labels[held], [clusters.sha256s[row] for row in held]
    )
    with pytest.raises(TooFewImages, match="held out"):
        train(only)


def test_multiclass_images_need_a_tag():
    clusters = make_clusters([20, 20])
    clusters.labels[0] = False
    with pytest.raises(ValueError, match="carries a tag"):
        train(clusters)


def test_tags_that_come_together_share_their_probability():
    clusters = make_clusters([60, 60])
    # As Custom Vision's own sample has it: each image with what it is, and with its kind of leaf.
    both = np.repeat(clusters.labels, 2, axis=1)
    together = Clusters(clusters.embeddings, both, clusters.sha256s)

    found, apart = (train(each).held_out_probabilities for each in (together, clusters))

    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[:, ::2], found[:, 1::2], atol=1e-4)
    # Each half of what the one tag would have; calibrated on other losses, hence not just half.
    np.testing.assert_array_equal((found[:, ::2] > 0.25), apart > 0.5)


def test_progress_only_grows_and_ends_at_one():
    shares: list[float] = []

    train(make_clusters([30, 30, 30]), on_progress=shares.append)

    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] == 1
    assert len(set(shares)) > 20


class Cancelled(Exception):
    pass


@pytest.mark.parametrize("error", [Cancelled, StopIteration, KeyboardInterrupt])
@pytest.mark.parametrize("after", [0.0, 0.3, 0.6, 0.9])
def test_whoever_is_told_of_progress_can_stop_it(error, after):
    def stop(share: float) -> None:
        if share >= after:
            raise error

    with pytest.raises(error):
        train(make_clusters([30, 30, 30]), on_progress=stop)


def test_many_images_are_sampled_and_calibrated_on_spared_ones(monkeypatch):
    clusters = make_clusters([300, 300, 300], noise=2.5)
    monkeypatch.setattr(regularisation, "_MOST_ROWS", 300)
    monkeypatch.setattr("classifr.engine.learning.training._SPARED_ROWS", 150)

    model = train(clusters)

    assert model.regularisation.temperature is None
    assert model.serving_head.temperature == model.evaluation_head.temperature != 1
    found = top1(model.held_out_probabilities, clusters.labels[model.held_out])
    assert found is not None
    assert found > 0.7


def test_calibration_makes_up_for_too_strong_a_penalty(monkeypatch):
    clusters = make_clusters([150, 150, 150], noise=2)
    monkeypatch.setattr(regularisation, "PRECISIONS", (3.0,))

    model = train(clusters)

    confidence = model.held_out_probabilities.max(axis=1).mean()
    accuracy = top1(model.held_out_probabilities, clusters.labels[model.held_out])
    assert model.evaluation_head.temperature < 0.8
    assert confidence == pytest.approx(accuracy, abs=0.08)


def test_every_set_of_tags_is_spread_over_the_folds():
    labels = make_clusters([5, 50, 11]).labels
    folds = stratified_folds(labels, seed=0)

    for tag in range(3):
        counts = np.bincount(folds[labels[:, tag]], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert (folds != stratified_folds(labels, seed=1)).any()


def views_of(clusters: Clusters, count: int) -> list[np.ndarray]:
    """The same images, each a little different."""
    random = np.random.default_rng(5)
    shape = clusters.embeddings.shape
    return [
        np.maximum(clusters.embeddings + random.normal(0, 0.5, shape), 0).astype(np.float32)
        for _ in range(count)
    ]


def test_more_views_change_both_heads_and_nothing_else():
    clusters = make_clusters([40, 30, 50], noise=2)

    plain, more = train(clusters), train(clusters, more_views=views_of(clusters, 2))

    for head in ("evaluation_head", "serving_head"):
        assert (getattr(more, head).weights != getattr(plain, head).weights).any()
        assert getattr(more, head).temperature == getattr(plain, head).temperature
    assert more.regularisation == plain.regularisation
    np.testing.assert_array_equal(more.held_out, plain.held_out)
    np.testing.assert_array_equal(more.novelty.centroids, plain.novelty.centroids)
    assert more.novelty.threshold == plain.novelty.threshold
    features = to_features(clusters.embeddings[more.held_out])
    np.testing.assert_allclose(
        more.held_out_probabilities, probabilities(more.evaluation_head, features), atol=1e-6
    )


def test_no_more_views_give_the_bits_of_none():
    clusters = make_clusters([40, 30, 50], noise=2)

    assert both_heads(train(clusters, more_views=())) == both_heads(train(clusters))


def test_views_that_show_the_same_again_teach_nothing():
    clusters = make_clusters([40, 30, 50], noise=2)

    once, thrice = train(clusters), train(clusters, more_views=[clusters.embeddings] * 2)

    # Measured: 3e-7.
    np.testing.assert_allclose(
        thrice.held_out_probabilities, once.held_out_probabilities, atol=1e-4
    )


@pytest.mark.parametrize("most_rows", [10_000, 60])
def test_more_views_give_the_same_bits_in_any_order(monkeypatch, most_rows):
    monkeypatch.setattr(regularisation, "_MOST_ROWS", most_rows)
    monkeypatch.setattr("classifr.engine.learning.training._SPARED_ROWS", 30)
    clusters = make_clusters([40, 30, 50], noise=2)
    views = views_of(clusters, 2)
    order = np.random.default_rng(4).permutation(120)
    shuffled = Clusters(
        clusters.embeddings[order],
        clusters.labels[order],
        [clusters.sha256s[row] for row in order],
    )

    first, second = train(clusters, more_views=views), train(clusters, more_views=views)
    third = train(shuffled, more_views=[view[order] for view in views])

    assert both_heads(first) == both_heads(second) == both_heads(third)


def test_evaluation_saw_no_view_of_a_held_out_image():
    clusters = make_clusters([40, 30, 50], noise=2)
    views = views_of(clusters, 2)
    spoilt = [view.copy() for view in views]
    held = [row for row, digest in enumerate(clusters.sha256s) if is_held_out(digest)]
    for view in spoilt:
        view[held] = view[held][::-1] * 3

    model, other = train(clusters, more_views=views), train(clusters, more_views=spoilt)

    np.testing.assert_array_equal(model.evaluation_head.weights, other.evaluation_head.weights)
    assert (model.serving_head.weights != other.serving_head.weights).any()


def test_view_of_other_images_is_refused():
    clusters = make_clusters([40, 30])

    with pytest.raises(ValueError, match="same images"):
        train(clusters, more_views=[clusters.embeddings[:-1]])
