"""Suggested tags for untagged images: the smart labeler."""

from collections.abc import Iterator

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import refusal
from tests.compat.conftest import SEEDS
from tests.compat.projects import delete_project, fill, new_name, send, train
from tests.ids import FOOD, NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient


class Labelled:
    """A trained project with three untagged cannoli and two risotto."""

    def __init__(self, training: Training) -> None:
        made = training.create_project(new_name(), domain_id=FOOD, classification_type="Multiclass")
        self.id = made.id
        self.tags = fill(training, self.id, {"cannoli": SEEDS, "risotto": SEEDS})
        self.iteration_id = train(training, self.id).id
        photos = [("cannoli", 600), ("cannoli", 601), ("risotto", 602), ("cannoli", 603)]
        photos.append(("risotto", 604))
        files = [m.ImageFileCreateEntry(name=f"{s}.jpg", contents=dish(t, s)) for t, s in photos]
        self.images = [result.image.id for result in send(training, self.id, files).images]
        self.dishes = [name for name, _ in photos]

    def of(self, name: str) -> set[str]:
        pairs = zip(self.images, self.dishes, strict=True)
        return {image for image, dish_name in pairs if dish_name == name}


@pytest.fixture(scope="module")
def labelled(training: Training) -> Iterator[Labelled]:
    made = Labelled(training)
    yield made
    delete_project(training, made.id)


def test_images_get_suggestions(training: Training, labelled: Labelled) -> None:
    found = training.suggest_tags_and_regions(labelled.id, labelled.iteration_id, labelled.images)
    assert {each.id for each in found} == set(labelled.images)
    for each in found:
        assert each.project == labelled.id
        assert each.iteration == labelled.iteration_id
        assert 0 <= each.prediction_uncertainty <= 1
        name = labelled.dishes[labelled.images.index(each.id)]
        assert each.predictions[0].tag_name == name


def test_suggestions_are_counted(training: Training, labelled: Labelled) -> None:
    training.suggest_tags_and_regions(labelled.id, labelled.iteration_id, labelled.images)
    ids = {name: tag.id for name, tag in labelled.tags.items()}
    counts = training.query_suggested_image_count(
        labelled.id, labelled.iteration_id, tag_ids=list(ids.values()), threshold=0.5
    )
    assert counts == {ids["cannoli"]: 3, ids["risotto"]: 2}


def test_images_are_found_by_what_is_suggested(training: Training, labelled: Labelled) -> None:
    training.suggest_tags_and_regions(labelled.id, labelled.iteration_id, labelled.images)
    cannoli = labelled.tags["cannoli"].id
    seen: list[str] = []
    token = m.SuggestedTagAndRegionQueryToken(
        tag_ids=[cannoli], threshold=0.5, max_count=2, sort_by="UncertaintyAscending"
    )
    for _ in range(5):
        page = training.query_suggested_images(labelled.id, labelled.iteration_id, token)
        assert len(page.results) <= 2
        for result in page.results:
            assert (result.width, result.height) == (128, 128)
            assert result.original_image_uri
            assert result.domain == FOOD
            assert result.predictions[0].tag_id == cannoli
        seen += [result.id for result in page.results]
        token = page.token
        if not token.continuation:
            break
    assert len(seen) == 3
    assert set(seen) == labelled.of("cannoli")


def test_suggestions_that_cannot_be(training: Training, labelled: Labelled) -> None:
    suggest = training.suggest_tags_and_regions
    unknown = refusal(suggest, labelled.id, NOBODY, labelled.images)
    assert unknown == (404, "NotFoundIteration")
    nowhere = refusal(suggest, NOBODY, labelled.iteration_id, labelled.images)
    assert nowhere == (404, "NotFoundProject")
