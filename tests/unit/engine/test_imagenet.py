"""The names of ImageNet's classes."""

from classifr.engine.backbones.imagenet import TAG_COUNT, imagenet_tags


def test_tags_are_a_thousand_different_short_names():
    tags = imagenet_tags()

    assert len(tags) == TAG_COUNT == 1000
    assert len({tag.casefold() for tag in tags}) == 1000
    assert all(tag == tag.strip() and 1 <= len(tag) <= 50 for tag in tags)


def test_tags_are_in_the_order_of_the_classes():
    tags = imagenet_tags()

    known = {0: "tench", 1: "goldfish", 292: "tiger", 963: "pizza", 999: "toilet paper"}
    assert {index: tags[index] for index in known} == known


def test_names_that_two_classes_share_are_told_apart():
    tags = imagenet_tags()

    assert [tags[index] for index in (657, 744)] == ["missile", "projectile"]
    assert [tags[index] for index in (836, 837)] == ["sunglass", "sunglasses"]
    assert tags[638] == "maillot"
