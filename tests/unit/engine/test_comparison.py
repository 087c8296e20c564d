"""One model against another."""

import numpy as np
import pytest

from classifr.engine.learning.head import HeadKind
from classifr.engine.measures.comparison import Contender, Verdict, compare_models, paired_interval
from classifr.engine.measures.comparison_sentence import comparison_sentence

DISHES = ("cannoli", "pizza", "risotto", "tiramisu")


def answers(tags, chosen, *, sure=0.7):
    """Multiclass probabilities whose top tag is the chosen one."""
    probabilities = np.full((len(chosen), len(tags)), (1 - sure) / (len(tags) - 1))
    probabilities[np.arange(len(chosen)), [tags.index(tag) for tag in chosen]] = sure
    return Contender(tags, probabilities)


def labels_of(tags, truth):
    return np.array([[tag == true for tag in tags] for true in truth])


def test_clear_gain_is_called_better_with_its_tags():
    truth = [tag for tag in DISHES for _ in range(50)]
    reference = [("pizza" if n % 5 == 0 and t != "risotto" else t) for n, t in enumerate(truth)]
    candidate = [("pizza" if t == "risotto" and n % 25 == 0 else t) for n, t in enumerate(truth)]

    found = compare_models(
        answers(DISHES, candidate),
        answers(DISHES, reference),
        DISHES,
        labels_of(DISHES, truth),
        HeadKind.MULTICLASS,
    )

    assert found.verdict is Verdict.BETTER
    assert (found.images, found.candidate_right, found.reference_right) == (200, 198, 180)
    assert found.difference == pytest.approx(9)
    assert 0 < found.low < 9 < found.high
    by_tag = {tag.tag: (tag.verdict, tag.difference, tag.gained, tag.lost) for tag in found.per_tag}
    assert by_tag == {
        "cannoli": (Verdict.BETTER, 20, 10, 0),
        "pizza": (Verdict.EQUAL, 0, 0, 0),
        "risotto": (Verdict.WORSE, -4, 0, 2),
        "tiramisu": (Verdict.BETTER, 20, 10, 0),
    }
    assert comparison_sentence(found) == (
        f"Better: +9 points ({found.low:+.1f} to {found.high:+.1f}) on 200 images; "
        "better on 2 of 4 tags, worse on risotto (-4 points, 2 of 50 images)."
    )


def test_swapping_the_models_swaps_the_answer():
    random = np.random.default_rng(3)
    truth = random.choice(DISHES, 300).tolist()
    first = [t if random.random() < 0.9 else "pizza" for t in truth]
    second = [t if random.random() < 0.6 else "pizza" for t in truth]
    rest = (DISHES, labels_of(DISHES, truth), HeadKind.MULTICLASS)

    one = compare_models(answers(DISHES, first), answers(DISHES, second), *rest)
    other = compare_models(answers(DISHES, second), answers(DISHES, first), *rest)

    assert (one.verdict, other.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert [tag.difference for tag in one.per_tag] == [-tag.difference for tag in other.per_tag]


def test_two_images_are_no_clear_difference():
    truth = ["cannoli", "risotto"] * 20
    worse = ["risotto", "cannoli", *truth[2:]]
    found = compare_models(
        answers(DISHES, truth),
        answers(DISHES, worse),
        DISHES,
        labels_of(DISHES, truth),
        HeadKind.MULTICLASS,
    )

    assert found.verdict is Verdict.UNCLEAR
    assert found.low < 0 < found.difference < found.high
    assert comparison_sentence(found).startswith("No clear difference: +5 points (")


def test_model_is_not_worse_for_knowing_more_tags():
    old = ("cannoli", "risotto")
    truth = ["cannoli"] * 30 + ["risotto"] * 30 + ["pizza"] * 30
    # The new model takes some cannoli for pizza; asked between cannoli and risotto, it knows.
    probabilities = np.array(
        [[0.3, 0.6, 0.1, 0.0]] * 30 + [[0, 0, 0.9, 0.1]] * 30 + [[0, 1, 0, 0]] * 30
    )
    reference = answers(old, ["cannoli"] * 90)

    found = compare_models(
        Contender(DISHES, probabilities),
        reference,
        DISHES,
        labels_of(DISHES, truth),
        HeadKind.MULTICLASS,
    )

    assert found.images == 60
    assert (found.candidate_right, found.reference_right) == (60, 30)
    assert [tag.tag for tag in found.per_tag] == list(old)
    assert found.new_tags == ("pizza", "tiramisu")
    assert comparison_sentence(found).endswith("worse on none; new: pizza, tiramisu.")


def test_multiclass_image_without_a_tag_does_not_count():
    labels = np.vstack([labels_of(DISHES, ["pizza"] * 3), np.zeros((2, 4), np.bool_)])
    contender = answers(DISHES, ["pizza"] * 5)

    found = compare_models(contender, contender, DISHES, labels, HeadKind.MULTICLASS)

    assert (found.images, found.candidate_right) == (3, 3)


def test_models_without_a_common_tag_or_image():
    found = compare_models(
        answers(("a", "b"), ["a"]),
        answers(("c", "d"), ["c"]),
        ("a", "b", "c", "d"),
        labels_of("abcd", ["a"]),
        HeadKind.MULTICLASS,
    )

    assert found.verdict is Verdict.UNCLEAR
    assert found.images == 0
    assert comparison_sentence(found) == (
        "No held-out image has tags that both models know; new: a, b; no longer known: c, d."
    )


def test_multilabel_image_is_right_when_every_tag_is():
    labels = np.array([[1, 1], [1, 0], [0, 0], [0, 1]], np.bool_)
    candidate = Contender(("a", "b"), np.array([[0.9, 0.9], [0.9, 0.1], [0.1, 0.1], [0.6, 0.6]]))
    reference = Contender(("a", "b"), np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]]))

    found = compare_models(candidate, reference, ("a", "b"), labels, HeadKind.MULTILABEL)

    assert (found.candidate_right, found.reference_right) == (3, 2)
    assert {tag.tag: (tag.gained, tag.lost) for tag in found.per_tag} == {"a": (0, 0), "b": (1, 0)}


def test_multiclass_image_of_several_tags_is_right_with_any():
    labels = np.array([[1, 1, 0], [1, 0, 1]], np.bool_)
    candidate = Contender(("a", "b", "c"), np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    reference = Contender(("a", "b", "c"), np.array([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]))

    found = compare_models(candidate, reference, ("a", "b", "c"), labels, HeadKind.MULTICLASS)

    assert (found.candidate_right, found.reference_right) == (2, 1)


def test_interval_holds_the_truth_in_95_of_100_cases():
    random = np.random.default_rng(5)
    for images in (10, 40, 300):
        shares = [0.08, 0.04, 0.88]
        drawn = random.multinomial(images, shares, size=2000)
        intervals = [paired_interval(int(g), int(lost), images) for g, lost, _ in drawn]
        covered = np.mean([low <= 4 <= high for low, high in intervals])
        assert 0.92 < covered <= 1


def test_interval_of_two_models_that_agree_is_not_empty():
    low, high = paired_interval(0, 0, 20)
    assert low < -5
    assert high > 5


def test_long_lists_of_tags_are_cut():
    tags = tuple("abcdefg")
    truth = list(tags) * 4
    found = compare_models(
        answers(tags, ["a"] * 28),
        answers(tags, truth),
        tags,
        labels_of(tags, truth),
        HeadKind.MULTICLASS,
    )

    assert found.verdict is Verdict.WORSE
    assert "worse on b (-100 points, 4 of 4 images), " in comparison_sentence(found)
    assert comparison_sentence(found).endswith(" and 3 more.")
