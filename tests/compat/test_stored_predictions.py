"""Predictions that were stored: found, made into training images, deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Access, Answers, refusal
from tests.compat.conftest import SEEDS
from tests.compat.projects import Trained, delete_project, fill, new_name, train
from tests.ids import FOOD, NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient
Prediction = CustomVisionPredictionClient
PHOTOS = [("cannoli", 500), ("risotto", 501), ("cannoli", 502)]


class Stored:
    """A project with three stored predictions, oldest first; tests may take from it."""

    def __init__(self, training: Training, prediction: Prediction, access: Access) -> None:
        self.training = training
        made = training.create_project(new_name(), domain_id=FOOD, classification_type="Multiclass")
        self.id = made.id
        self.tags = fill(training, self.id, {"cannoli": SEEDS, "risotto": SEEDS})
        self.iteration = train(training, self.id)
        training.publish_iteration(self.id, self.iteration.id, "live", access.resource_id)
        self.before = datetime.now(UTC) - timedelta(seconds=1)
        self.answers = [
            prediction.classify_image(self.id, "live", dish(*photo), application=application)
            for photo, application in zip(PHOTOS, ["till", "till", "kitchen"], strict=True)
        ]
        prediction.classify_image_with_no_store(self.id, "live", dish("cannoli", 503))

    @property
    def ids(self) -> list[str]:
        return [answer.id for answer in self.answers]

    def query(self, **token: object) -> m.PredictionQueryResult:
        return self.training.query_predictions(self.id, m.PredictionQueryToken(**token))

    def found(self, **token: object) -> list[str]:
        return [result.id for result in self.query(**token).results]


@pytest.fixture(scope="module")
def stored(training: Training, prediction: Prediction, access: Access) -> Iterator[Stored]:
    made = Stored(training, prediction, access)
    yield made
    delete_project(training, made.id)


def test_stored_predictions_come_newest_first(stored: Stored) -> None:
    assert stored.found() == stored.ids[::-1]
    assert stored.found(order_by="Newest") == stored.ids[::-1]
    assert stored.found(order_by="Oldest") == stored.ids
    assert set(stored.found(order_by="Suggested")) == set(stored.ids)
    assert stored.found(max_count=0) == stored.ids[::-1]


def test_a_stored_prediction_is_what_was_answered(stored: Stored) -> None:
    answer = stored.answers[0]
    kept = next(result for result in stored.query().results if result.id == answer.id)
    assert kept.project == stored.id
    assert kept.iteration == stored.iteration.id
    assert kept.domain == FOOD
    assert kept.created == answer.created
    assert [each.as_dict() for each in kept.predictions] == [
        each.as_dict() for each in answer.predictions
    ]
    for uri in (kept.original_image_uri, kept.resized_image_uri, kept.thumbnail_uri):
        fetched = requests.get(uri, timeout=30)
        assert fetched.status_code == 200
        assert fetched.headers["content-type"].startswith("image/")


def test_pages_continue_where_the_last_ended(stored: Stored) -> None:
    seen: list[str] = []
    token = m.PredictionQueryToken(max_count=2, order_by="Newest")
    for _ in range(5):
        page = stored.training.query_predictions(stored.id, token)
        assert len(page.results) <= 2
        seen += [result.id for result in page.results]
        token = page.token
        if not token.continuation:
            break
    assert seen == stored.ids[::-1]


def test_predictions_are_chosen(stored: Stored) -> None:
    cannoli = stored.tags["cannoli"].id
    likely = m.PredictionQueryTag(id=cannoli, min_threshold=0.5, max_threshold=1)
    assert set(stored.found(tags=[likely])) == {stored.ids[0], stored.ids[2]}
    unlikely = m.PredictionQueryTag(id=cannoli, min_threshold=0, max_threshold=0.5)
    assert stored.found(tags=[unlikely]) == [stored.ids[1]]
    assert set(stored.found(application="till")) == set(stored.ids[:2])
    assert set(stored.found(iteration_id=stored.iteration.id)) == set(stored.ids)
    assert set(stored.found(start_time=stored.before)) == set(stored.ids)
    assert stored.found(end_time=stored.before) == []
    assert stored.found(start_time=datetime.now(UTC) + timedelta(hours=1)) == []


def test_the_token_says_what_was_asked(stored: Stored) -> None:
    token = stored.query(application="till", order_by="Oldest", max_count=10).token
    assert (token.application, token.order_by, token.max_count) == ("till", "Oldest", 10)


def test_queries_that_cannot_be(stored: Stored) -> None:
    tags = [m.PredictionQueryTag(id=tag.id) for tag in stored.tags.values()]
    assert len(stored.found(tags=tags)) == 3
    many = [*tags, m.PredictionQueryTag(id=NOBODY)]
    refused = refusal(stored.query, tags=many)
    assert refused == (400, "BadRequestPredictionTagsExceededCount")
    for token in ({"order_by": "Best"}, {"max_count": -1}, {"continuation": "elsewhere"}):
        status, code = refusal(stored.query, **token)
        assert status == 400
        assert code.startswith("BadRequest")


def test_quick_tests_are_stored_unless_asked_otherwise(
    training: Training, trained: Trained
) -> None:
    kept = training.quick_test_image(trained.id, dish("risotto", 510))
    dropped = training.quick_test_image(trained.id, dish("risotto", 511), store=False)
    found = training.query_predictions(trained.id, m.PredictionQueryToken(order_by="Newest"))
    ids = [result.id for result in found.results]
    assert kept.id in ids
    assert dropped.id not in ids
    training.delete_prediction(trained.id, [kept.id])


def test_predictions_become_training_images(
    training: Training, stored: Stored, answers: Answers
) -> None:
    tag = stored.tags["cannoli"].id
    before = training.get_tagged_image_count(stored.id, tag_ids=[tag])
    batch = m.ImageIdCreateBatch(
        images=[m.ImageIdCreateEntry(id=stored.ids[0], tag_ids=[tag])], metadata={"from": "till"}
    )
    made = training.create_images_from_predictions(stored.id, batch)
    assert made.is_batch_successful is True
    assert [each.status for each in made.images] == ["OK"]
    image = made.images[0].image
    assert [each.tag_id for each in image.tags] == [tag]
    assert (image.width, image.height) == (128, 128)
    assert training.get_tagged_image_count(stored.id, tag_ids=[tag]) == before + 1

    mixed = m.ImageIdCreateBatch(
        images=[m.ImageIdCreateEntry(id=NOBODY), m.ImageIdCreateEntry(id=stored.ids[2])],
        tag_ids=[tag],
    )
    partly = training.create_images_from_predictions(stored.id, mixed)
    assert answers.last.status == 207
    assert partly.is_batch_successful is False
    assert [each.status for each in partly.images] == ["ErrorSource", "OK"]
    many = m.ImageIdCreateBatch(images=[m.ImageIdCreateEntry(id=NOBODY)] * 65)
    refused = refusal(training.create_images_from_predictions, stored.id, many)
    assert refused == (400, "BadRequestExceededBatchSize")


def test_a_prediction_is_deleted(
    training: Training, prediction: Prediction, stored: Stored, answers: Answers
) -> None:
    made = prediction.classify_image(stored.id, "live", dish("risotto", 520))
    kept = next(result for result in stored.query().results if result.id == made.id)
    training.delete_prediction(stored.id, [made.id])
    assert answers.last.status == 204
    assert made.id not in stored.found()
    assert requests.get(kept.original_image_uri, timeout=30).status_code in (403, 404, 410)
    # It is gone, which is what was wanted.
    training.delete_prediction(stored.id, [made.id, NOBODY])
