"""Tags through the official SDK."""

from collections.abc import Iterator

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import refusal
from tests.compat.projects import Trained, entries, is_id, send
from tests.compat.projects import project as a_project
from tests.ids import NOBODY

MAX_TAGS = 30


@pytest.fixture
def project(training: CustomVisionTrainingClient) -> Iterator[m.Project]:
    with a_project(training) as made:
        yield made


def test_a_tag_of_which_nothing_but_a_name_is_said(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    made = training.create_tag(project.id, "Tiramisù al caffè")
    assert is_id(made.id)
    assert (made.name, made.type, made.image_count) == ("Tiramisù al caffè", "Regular", 0)
    assert not made.description
    assert training.get_tag(project.id, made.id).as_dict() == made.as_dict()


def test_a_negative_tag_with_a_description(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    made = training.create_tag(project.id, "Other", description="No dish", type="Negative")
    assert (made.name, made.description, made.type) == ("Other", "No dish", "Negative")
    second = refusal(training.create_tag, project.id, "Another", type=m.TagType.negative)
    assert second == (400, "BadRequestMultipleNegativeTag")


def test_tags_are_listed_with_their_images(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    pizza = training.create_tag(project.id, "pizza")
    training.create_tag(project.id, "risotto")
    send(training, project.id, entries(pizza, "pizza", range(2)))
    listed = {tag.name: tag.image_count for tag in training.get_tags(project.id)}
    assert listed == {"pizza": 2, "risotto": 0}
    assert training.get_tag(project.id, pizza.id).image_count == 2


def test_tags_of_an_iteration_are_those_it_learned(
    training: CustomVisionTrainingClient, trained: Trained
) -> None:
    tags = training.get_tags(trained.id, iteration_id=trained.iteration.id)
    assert {tag.id for tag in tags} == {tag.id for tag in trained.tags.values()}
    cannoli = trained.tags["cannoli"]
    found = training.get_tag(trained.id, cannoli.id, iteration_id=trained.iteration.id)
    assert (found.id, found.name) == (cannoli.id, "cannoli")
    unknown = refusal(training.get_tags, trained.id, iteration_id=NOBODY)
    assert unknown == (404, "NotFoundIteration")


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("", "Regular", "BadRequestTagName"),
        ("n" * 129, "Regular", "BadRequestTagName"),
        ("two\nlines", "Regular", "BadRequestTagName"),
        ("shelf", "GeneralProduct", "BadRequestTagType"),
        ("shelf", "Sometimes", "BadRequestTagType"),
    ],
)
def test_a_tag_that_cannot_be(
    training: CustomVisionTrainingClient, project: m.Project, name: str, kind: str, code: str
) -> None:
    assert refusal(training.create_tag, project.id, name, type=kind) == (400, code)
    assert training.get_tags(project.id) == []


def test_a_second_tag_of_a_name(training: CustomVisionTrainingClient, project: m.Project) -> None:
    training.create_tag(project.id, "pizza")
    second = refusal(training.create_tag, project.id, "pizza")
    assert second == (400, "BadRequestTagNameNotUnique")
    assert len(training.get_tags(project.id)) == 1


def test_one_tag_too_many(training: CustomVisionTrainingClient, project: m.Project) -> None:
    for number in range(MAX_TAGS):
        training.create_tag(project.id, f"tag {number}")
    expected = (400, "BadRequestExceedTagPerProjectLimit")
    assert refusal(training.create_tag, project.id, "one more") == expected


def test_the_whole_tag_goes_back_changed(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    tag = training.create_tag(project.id, "piza")
    tag.name = "pizza"
    tag.description = "With a crust"
    changed = training.update_tag(project.id, tag.id, tag)
    assert (changed.name, changed.description, changed.type) == ("pizza", "With a crust", "Regular")
    assert training.get_tag(project.id, tag.id).as_dict() == changed.as_dict()
    training.create_tag(project.id, "risotto")
    tag.name = "risotto"
    taken = refusal(training.update_tag, project.id, tag.id, tag)
    assert taken == (400, "BadRequestTagNameNotUnique")


def test_a_tag_goes_and_its_images_stay(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    tag = training.create_tag(project.id, "pizza")
    send(training, project.id, entries(tag, "pizza", range(2)))
    training.delete_tag(project.id, tag.id)
    assert training.get_tags(project.id) == []
    assert training.get_untagged_image_count(project.id) == 2
    assert refusal(training.get_tag, project.id, tag.id) == (404, "NotFoundTag")
    assert refusal(training.delete_tag, project.id, tag.id) == (404, "NotFoundTag")
    assert refusal(training.update_tag, project.id, tag.id, tag) == (404, "NotFoundTag")


def test_a_tag_of_another_project_is_not_found(
    training: CustomVisionTrainingClient, project: m.Project, trained: Trained
) -> None:
    stranger = trained.tags["cannoli"]
    assert refusal(training.get_tag, project.id, stranger.id) == (404, "NotFoundTag")
    assert refusal(training.delete_tag, project.id, stranger.id) == (404, "NotFoundTag")
    assert training.get_tag(trained.id, stranger.id).name == "cannoli"
