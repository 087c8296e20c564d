"""Whole projects: exported to a token, imported again; and artifacts by their path."""

import pytest
import requests
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from msrest.exceptions import HttpOperationError
from tests.compat.clients import Wire, refusal
from tests.compat.projects import Trained, delete_project, new_name, wait_for_copy
from tests.ids import NOBODY

Training = CustomVisionTrainingClient


def test_a_project_is_copied(training: Training, trained: Trained) -> None:
    export = training.export_project(trained.id)
    assert (export.image_count, export.tag_count, export.region_count) == (24, 2, 0)
    assert export.iteration_count >= 0
    assert export.estimated_import_time_in_ms >= 0
    name = new_name("Copy")
    started = training.import_project(export.token, name=name)
    try:
        assert started.status in ("Importing", "Succeeded")
        copy = wait_for_copy(training, started.id)
        assert copy.name == name
        assert copy.id != trained.id
        assert copy.description == trained.project.description
        assert copy.settings.domain_id == trained.project.settings.domain_id
        assert copy.settings.classification_type == "Multiclass"
        counts = {tag.name: tag.image_count for tag in training.get_tags(copy.id)}
        assert counts == {"cannoli": 12, "risotto": 12}
        assert training.get_image_count(copy.id) == 24
    finally:
        delete_project(training, started.id)
    assert training.get_image_count(trained.id) == 24


def test_a_copy_names_itself(training: Training, trained: Trained) -> None:
    # The published files: "name of the project to use instead of auto-generated name".
    token = training.export_project(trained.id).token
    copies = [training.import_project(token) for _ in range(2)]
    try:
        names = [wait_for_copy(training, copy.id).name for copy in copies]
        assert len({trained.project.name, *names}) == 3
    finally:
        for copy in copies:
            delete_project(training, copy.id)


def test_a_copy_does_not_take_a_name_that_is_taken(training: Training, trained: Trained) -> None:
    token = training.export_project(trained.id).token
    taken = refusal(training.import_project, token, name=trained.project.name)
    assert taken == (400, "BadRequestProjectNameNotUnique")


@pytest.mark.parametrize("token", ["", "made-up", NOBODY])
def test_a_token_cannot_be_made_up(training: Training, token: str) -> None:
    refused = refusal(training.import_project, token, name=new_name())
    assert refused == (400, "BadRequestInvalidImportToken")


@pytest.mark.parametrize("path", ["", "i-1/t-2", "../../etc/passwd", "http://10.0.0.1/a"])
def test_artifacts_are_reached_by_no_other_path(
    training: Training, trained: Trained, path: str
) -> None:
    with pytest.raises(HttpOperationError) as failed:
        training.get_artifact(trained.id, path)
    response = failed.value.response
    assert response.status_code in (400, 404)
    assert response.json()["code"] in ("BadRequestInvalidArtifactUri", "NotFound")


def test_the_address_of_an_image_is_an_artifact(
    training: Training, trained: Trained, wire: Wire
) -> None:
    (image,) = training.get_tagged_images(trained.id, take=1)
    plain = requests.get(image.original_image_uri, timeout=30).content
    assert b"".join(training.get_artifact(trained.id, image.original_image_uri)) == plain
