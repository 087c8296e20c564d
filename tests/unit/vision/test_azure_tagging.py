"""What is to become of the tags of images in Custom Vision."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from classifr.errors import NegativeAndRegularTag, OneTagOnly, TagNotFound
from classifr.kinds import TagType
from classifr.vision.azure.images.tagging import Change, check_given, plan_change
from classifr.vision.values import ImageTagValue, ImageValue

IMAGE, PIZZA, SUSHI, OTHER, UNKNOWN = (UUID(int=number) for number in range(5))
TYPES = {PIZZA: TagType.REGULAR, SUSHI: TagType.REGULAR, OTHER: TagType.NEGATIVE}


def image(*tag_ids: UUID) -> ImageValue:
    """One that bears these tags."""
    return ImageValue(
        id=IMAGE,
        name="photo.jpg",
        width=10,
        height=10,
        format=None,
        size_bytes=None,
        sha256=None,
        tags=[ImageTagValue(tag_id, str(tag_id)) for tag_id in tag_ids],
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        metadata={},
    )


def test_tags_that_the_project_has_not_are_refused() -> None:
    for add, remove in (([UNKNOWN], []), ([], [UNKNOWN])):
        with pytest.raises(TagNotFound):
            check_given(TYPES, add, remove, has_one_tag=False)
    check_given(TYPES, [PIZZA], [SUSHI], has_one_tag=False)


def test_several_tags_are_refused_where_an_image_has_one() -> None:
    with pytest.raises(OneTagOnly):
        check_given(TYPES, [PIZZA, SUSHI], [], has_one_tag=True)
    check_given(TYPES, [PIZZA, SUSHI], [], has_one_tag=False)
    check_given(TYPES, [PIZZA], [SUSHI, OTHER], has_one_tag=True)


def test_new_tag_replaces_the_one_before_where_an_image_has_one() -> None:
    change = plan_change([image(PIZZA)], TYPES, [SUSHI], [], has_one_tag=True)
    assert change == Change({IMAGE: {PIZZA}}, [(IMAGE, SUSHI)], takes_first=False)


def test_tag_that_an_image_bears_already_is_left_alone() -> None:
    change = plan_change([image(PIZZA, SUSHI)], TYPES, [PIZZA], [PIZZA, SUSHI], has_one_tag=False)
    assert change == Change({IMAGE: {SUSHI}}, [], takes_first=False)


def test_negative_tag_comes_after_the_others_went() -> None:
    to_negative = plan_change([image(PIZZA)], TYPES, [OTHER], [PIZZA], has_one_tag=False)
    assert to_negative == Change({IMAGE: {PIZZA}}, [(IMAGE, OTHER)], takes_first=True)
    to_regular = plan_change([image(OTHER)], TYPES, [PIZZA], [OTHER], has_one_tag=False)
    assert to_regular == Change({IMAGE: {OTHER}}, [(IMAGE, PIZZA)], takes_first=True)


def test_negative_tag_beside_another_is_refused() -> None:
    for before, new in ((PIZZA, OTHER), (OTHER, PIZZA)):
        with pytest.raises(NegativeAndRegularTag):
            plan_change([image(before)], TYPES, [new], [], has_one_tag=False)
