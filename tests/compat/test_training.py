"""Training through the official SDK: what starts, and what is refused."""

import re
from collections.abc import Iterator

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Answers, Wire, refusal, refusal_with_message
from tests.compat.conftest import SEEDS
from tests.compat.projects import Trained, entries, fill, is_id, send, train, wait
from tests.compat.projects import project as a_project
from tests.ids import FOOD, NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient
#: The photos of the shared project, whose embeddings are there already.
DISHES = {"cannoli": SEEDS, "risotto": SEEDS}


@pytest.fixture
def project(training: Training) -> Iterator[m.Project]:
    with a_project(training) as made:
        yield made


def test_an_iteration_from_its_start_to_its_end(
    training: Training, project: m.Project, wire: Wire, answers: Answers
) -> None:
    fill(training, project.id, DISHES)
    started = training.train_project(project.id)
    # As recorded of the service: what only the end brings is null, or not there at all.
    raw = answers.last.json()
    assert "trainedAt" not in raw
    unknown = ("exportableTo", "domainId", "classificationType", "publishName")
    assert [raw[name] for name in (*unknown, "originalPublishResourceId")] == [None] * 5
    assert raw["trainingTimeInMinutes"] == 0
    assert is_id(started.id)
    assert (started.name, started.status) == ("Iteration 1", "Training")
    assert started.project_id == project.id
    assert started.trained_at is None
    assert started.training_type == "Regular"
    assert started.reserved_budget_in_hours == 0
    assert not started.publish_name
    running = refusal(training.train_project, project.id, force_train=True)
    assert running == (400, "BadRequestTrainingAlreadyInProgress")

    done = wait(training, started)
    assert done.status == "Completed"
    assert done.trained_at >= done.created
    assert done.last_modified >= done.trained_at
    assert done.domain_id == FOOD
    assert done.classification_type == "Multiclass"
    assert done.exportable is True
    assert done.exportable_to == ["ONNX"]
    assert done.training_time_in_minutes >= 0
    assert not done.training_error_details
    raw = wire.train("GET", f"/projects/{project.id}/iterations/{done.id}").json()
    for date in (raw["created"], raw["lastModified"], raw["trainedAt"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date)


def test_nothing_changed_since_the_last_training(training: Training, project: m.Project) -> None:
    tags = fill(training, project.id, DISHES)
    first = train(training, project.id)
    status, code, message = refusal_with_message(training.train_project, project.id)
    assert (status, code) == (400, "BadRequestTrainingNotNeeded")
    assert "Nothing changed since last training" in message
    forced = train(training, project.id, force_train=True)
    assert forced.name == "Iteration 2"
    send(training, project.id, entries(tags["cannoli"], "cannoli", [100]))
    third = train(training, project.id)
    newest_first = [each.id for each in training.get_iterations(project.id)]
    assert newest_first == [third.id, forced.id, first.id]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("Multiclass", "BadRequestMultiClassClassificationTrainingValidationFailed"),
        ("Multilabel", "BadRequestMultiLabelClassificationTrainingValidationFailed"),
    ],
)
def test_too_few_images(training: Training, kind: str, code: str) -> None:
    with a_project(training, kind=kind) as project:
        for images in ({}, {"cannoli": SEEDS[:5]}, {"risotto": SEEDS[:4]}):
            fill(training, project.id, images)
            refused = refusal_with_message(training.train_project, project.id)
            assert refused[:2] == (400, code)
        assert "Not enough images" in refused[2]
        assert training.get_iterations(project.id) == []


def test_several_tags_on_an_image_are_learned(training: Training) -> None:
    with a_project(training, kind=m.Classifier.multilabel) as project:
        tags = fill(training, project.id, DISHES)
        italian = training.create_tag(project.id, "italian")
        images = [image.id for image in training.get_images(project.id)]
        pairs = [m.ImageTagCreateEntry(image_id=image, tag_id=italian.id) for image in images]
        training.create_image_tags(project.id, pairs)
        iteration = train(training, project.id)
        assert iteration.classification_type == "Multilabel"
        found = training.quick_test_image(
            project.id, dish("cannoli", 200), iteration_id=iteration.id, store=False
        )
        likely = {each.tag_name: each.probability for each in found.predictions}
        assert set(likely) == {*tags, "italian"}
        # One against the rest: they need not add up to one.
        assert likely["italian"] > 0.5
        assert likely["cannoli"] > likely["risotto"]


def test_the_negative_tag_is_learned_and_not_among_the_rest(
    training: Training, project: m.Project
) -> None:
    fill(training, project.id, {"cannoli": SEEDS})
    negative = training.create_tag(project.id, "Negative", type=m.TagType.negative)
    send(training, project.id, entries(negative, "pizza", SEEDS))
    iteration = train(training, project.id)
    found = training.quick_test_image(
        project.id, dish("pizza", 200), iteration_id=iteration.id, store=False
    )
    kinds = {each.tag_name: each.tag_type for each in found.predictions}
    assert kinds == {"cannoli": "Regular", "Negative": "Negative"}
    assert found.predictions[0].tag_name == "Negative"


def test_selected_tags_are_all_that_is_learned(training: Training, project: m.Project) -> None:
    tags = fill(training, project.id, {**DISHES, "pizza": SEEDS})
    selected = [tags["cannoli"].id, tags["pizza"].id]
    iteration = train(training, project.id, selected_tags=selected)
    learned = training.get_tags(project.id, iteration_id=iteration.id)
    assert {tag.id for tag in learned} == set(selected)
    found = training.quick_test_image(
        project.id, dish("pizza", 200), iteration_id=iteration.id, store=False
    )
    assert {each.tag_id for each in found.predictions} == set(selected)
    assert found.predictions[0].tag_name == "pizza"
    unknown = refusal(training.train_project, project.id, force_train=True, selected_tags=[NOBODY])
    assert unknown[0] in (400, 404)
    assert unknown[1].startswith(("BadRequest", "NotFoundTag"))


def test_advanced_training_within_a_budget(training: Training, project: m.Project) -> None:
    fill(training, project.id, DISHES)
    iteration = train(
        training,
        project.id,
        training_type=m.TrainingType.advanced,
        reserved_budget_in_hours=1,
        notification_email_address="cook@example.org",
    )
    assert iteration.training_type == "Advanced"
    assert iteration.reserved_budget_in_hours == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (
            {"training_type": "Advanced", "reserved_budget_in_hours": 0},
            "BadRequestReservedBudgetInHoursNotEnoughForAdvancedTraining",
        ),
        ({"training_type": "Slow"}, "BadRequest"),
        ({"notification_email_address": "nobody"}, "BadRequestInvalidEmailAddress"),
        ({"reserved_budget_in_hours": -1}, "BadRequest"),
    ],
)
def test_a_training_that_cannot_be(
    training: Training, trained: Trained, options: dict[str, object], code: str
) -> None:
    status, given = refusal(training.train_project, trained.id, force_train=True, **options)
    assert status == 400
    assert given.startswith(code)


def test_a_base_model_of_azure_does_no_harm(training: Training, trained: Trained) -> None:
    base = m.CustomBaseModelInfo(project_id=trained.id, iteration_id=NOBODY)
    status, code = refusal(
        training.train_project, trained.id, force_train=True, custom_base_model_info=base
    )
    assert status in (400, 404)
    assert code.startswith(("BadRequest", "NotFound"))
