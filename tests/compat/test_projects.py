"""Projects through the official SDK."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Wire, code_of, refusal
from tests.compat.projects import Trained, is_id, new_name
from tests.compat.projects import project as a_project
from tests.ids import FOOD, GENERAL, NOBODY, OBJECT_DETECTION


@pytest.fixture
def project(training: CustomVisionTrainingClient) -> Iterator[m.Project]:
    with a_project(training) as made:
        yield made


def test_a_project_of_which_nothing_but_a_name_is_said(
    training: CustomVisionTrainingClient, wire: Wire
) -> None:
    name = new_name("Überraschung é")
    made = training.create_project(name)
    try:
        assert is_id(made.id)
        assert made.name == name
        assert not made.description
        assert made.status == "Succeeded"
        assert made.dr_mode_enabled is False
        assert made.thumbnail_uri is None
        settings = made.settings
        assert settings.domain_id == GENERAL
        assert settings.classification_type == "Multilabel"
        assert settings.target_export_platforms == []
        assert settings.use_negative_set is True
        assert settings.detection_parameters is None
        assert settings.image_processing_settings.augmentation_methods
        assert abs(datetime.now(UTC) - made.created) < timedelta(minutes=1)
        assert made.last_modified >= made.created
        raw = wire.train("GET", f"/projects/{made.id}").json()
        for date in (raw["created"], raw["lastModified"]):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date)
    finally:
        training.delete_project(made.id)


def test_a_project_of_which_everything_is_said(training: CustomVisionTrainingClient) -> None:
    made = training.create_project(
        new_name(),
        description="Dishes of Italy",
        domain_id=FOOD,
        classification_type=m.Classifier.multiclass,
        target_export_platforms=["ONNX"],
    )
    try:
        assert made.description == "Dishes of Italy"
        assert made.settings.domain_id == FOOD
        assert made.settings.classification_type == "Multiclass"
        assert made.settings.target_export_platforms == ["ONNX"]
        assert training.get_project(made.id).as_dict() == made.as_dict()
    finally:
        training.delete_project(made.id)


def test_options_that_name_an_azure_storage_are_kept(
    training: CustomVisionTrainingClient,
) -> None:
    uris = {
        "export_model_container_uri": "https://store.invalid/c",
        "notification_queue_uri": "https://store.invalid/q",
    }
    made = training.create_project(new_name(), **uris)
    try:
        kept = training.get_project(made.id).settings
        assert {name: getattr(kept, name) for name in uris} == uris
    finally:
        training.delete_project(made.id)


def test_projects_are_listed(training: CustomVisionTrainingClient, project: m.Project) -> None:
    listed = {each.id: each for each in training.get_projects()}
    assert listed[project.id].name == project.name
    assert listed[project.id].settings.domain_id == FOOD
    # What Classifr brings along is nobody's project.
    assert "ImageNet" not in {each.name for each in listed.values()}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "BadRequestProjectName"),
        ({"name": "n" * 257}, "BadRequestProjectName"),
        ({"domain_id": NOBODY}, "BadRequestProjectUnknownDomain"),
        ({"classification_type": "Manyclass"}, "BadRequestProjectUnknownClassification"),
    ],
)
def test_a_project_that_cannot_be(
    training: CustomVisionTrainingClient, changes: dict[str, str], code: str
) -> None:
    named = {"name": new_name(), **changes}
    assert refusal(training.create_project, **named) == (400, code)


def test_a_project_for_object_detection_cannot_be(training: CustomVisionTrainingClient) -> None:
    status, code = refusal(training.create_project, new_name(), domain_id=OBJECT_DETECTION)
    assert status == 400
    assert code.startswith("BadRequest")


def test_a_second_project_of_a_name(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    expected = (400, "BadRequestProjectNameNotUnique")
    assert refusal(training.create_project, project.name) == expected
    assert [each.name for each in training.get_projects()].count(project.name) == 1


def test_a_project_is_renamed_and_keeps_its_settings(
    training: CustomVisionTrainingClient, project: m.Project, straying_wire: Wire
) -> None:
    name = new_name()
    # Recorded of the service, though the published files call the settings required.
    body = {"name": name, "description": "Better"}
    answer = straying_wire.train("PATCH", f"/projects/{project.id}", json=body)
    assert answer.status_code == 200
    renamed = training.get_project(project.id)
    assert (renamed.name, renamed.description) == (name, "Better")
    assert renamed.settings.as_dict() == project.settings.as_dict()
    assert renamed.last_modified >= project.last_modified


def test_the_whole_project_goes_back_changed(
    training: CustomVisionTrainingClient, project: m.Project
) -> None:
    whole = training.get_project(project.id)
    whole.description = "Changed"
    whole.settings.classification_type = "Multilabel"
    whole.settings.domain_id = GENERAL
    changed = training.update_project(project.id, whole)
    assert changed.description == "Changed"
    assert changed.settings.classification_type == "Multilabel"
    assert changed.settings.domain_id == GENERAL
    assert changed.name == project.name


def test_a_project_does_not_take_a_name_that_is_taken(
    training: CustomVisionTrainingClient, project: m.Project, trained: Trained
) -> None:
    whole = training.get_project(project.id)
    whole.name = trained.project.name
    expected = (400, "BadRequestProjectNameNotUnique")
    assert refusal(training.update_project, project.id, whole) == expected


def test_a_project_goes(training: CustomVisionTrainingClient, wire: Wire) -> None:
    made = training.create_project(new_name())
    answer = wire.train("DELETE", f"/projects/{made.id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(training.get_project, made.id) == (404, "NotFoundProject")
    assert refusal(training.delete_project, made.id) == (404, "NotFoundProject")
    assert made.id not in {each.id for each in training.get_projects()}


def test_a_project_with_a_published_iteration_stays(
    training: CustomVisionTrainingClient, trained: Trained
) -> None:
    status, code = refusal(training.delete_project, trained.id)
    assert (status, code) == (400, "BadRequestIterationIsPublished")
    assert training.get_project(trained.id).id == trained.id


def test_everything_of_an_unknown_project_is_not_found(
    training: CustomVisionTrainingClient,
) -> None:
    named = m.Project(name="n", description="", settings=m.ProjectSettings(domain_id=FOOD))
    batch = m.ImageFileCreateBatch(images=[m.ImageFileCreateEntry(name="a", contents=b"a")])
    calls = [
        (training.get_project,),
        (training.update_project, named),
        (training.get_tags,),
        (training.create_tag, "cannoli"),
        (training.get_images,),
        (training.get_image_count,),
        (training.get_tagged_images,),
        (training.get_untagged_image_count,),
        (training.create_images_from_files, batch),
        (training.get_iterations,),
        (training.train_project,),
        (training.query_predictions, m.PredictionQueryToken()),
        (training.export_project,),
    ]
    for call, *rest in calls:
        assert refusal(call, NOBODY, *rest) == (404, "NotFoundProject"), call.__name__


def test_an_id_that_is_none_is_refused_flatly(wire: Wire) -> None:
    status, code = code_of(wire.train("GET", "/projects/first"))
    assert status in (400, 404)
    assert code.startswith(("BadRequest", "NotFound"))
