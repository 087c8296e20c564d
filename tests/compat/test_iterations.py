"""Iterations through the official SDK: their names, publishing, metrics and exports."""

import io
import time
import zipfile
from collections.abc import Iterator

import numpy as np
import onnxruntime
import pytest
import requests
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Access, Answers, refusal, refusal_with_message
from tests.compat.conftest import SEEDS
from tests.compat.projects import Trained, delete_project, fill, new_name, train
from tests.compat.projects import project as a_project
from tests.ids import NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient
Prediction = CustomVisionPredictionClient
NOT_FOUND = (404, "NotFoundIteration")


class Pair:
    """A project with two iterations, neither published."""

    def __init__(self, training: Training) -> None:
        self.id = training.create_project(new_name(), classification_type="Multiclass").id
        fill(training, self.id, {"cannoli": SEEDS, "risotto": SEEDS})
        self.first = train(training, self.id)
        self.second = train(training, self.id, force_train=True)


@pytest.fixture(scope="module")
def module_pair(training: Training) -> Iterator[Pair]:
    pair = Pair(training)
    yield pair
    delete_project(training, pair.id)


@pytest.fixture
def pair(training: Training, module_pair: Pair) -> Pair:
    """Unpublished again for each test."""
    for iteration in training.get_iterations(module_pair.id):
        if iteration.publish_name:
            training.unpublish_iteration(module_pair.id, iteration.id)
    return module_pair


def publish(training: Training, access: Access, iteration: m.Iteration, name: str, **how: bool):
    return training.publish_iteration(
        iteration.project_id, iteration.id, name, access.resource_id, **how
    )


def test_iterations_are_listed_newest_first(training: Training, pair: Pair) -> None:
    listed = training.get_iterations(pair.id)
    assert [each.id for each in listed] == [pair.second.id, pair.first.id]
    assert listed[1].as_dict() == training.get_iteration(pair.id, pair.first.id).as_dict()


def test_an_iteration_is_renamed(training: Training, pair: Pair) -> None:
    iteration = training.get_iteration(pair.id, pair.second.id)
    renamed = training.update_iteration(pair.id, iteration.id, "Best of all")
    assert renamed.last_modified >= iteration.last_modified
    assert (renamed.name, renamed.id, renamed.status) == ("Best of all", iteration.id, "Completed")
    assert training.get_iteration(pair.id, iteration.id).name == "Best of all"
    for name, code in {
        "": "BadRequestIterationName",
        "n" * 257: "BadRequestIterationName",
        pair.first.name: "BadRequestIterationNameNotUnique",
    }.items():
        refused = refusal(training.update_iteration, pair.id, iteration.id, name)
        assert refused == (400, code)


def test_unknown_iterations_are_not_found(training: Training, trained: Trained) -> None:
    for call, *rest in [
        (training.get_iteration,),
        (training.update_iteration, "n"),
        (training.delete_iteration,),
        (training.get_iteration_performance,),
        (training.get_image_performances,),
        (training.get_image_performance_count,),
        (training.publish_iteration, "n", "/r"),
        (training.unpublish_iteration,),
        (training.get_exports,),
        (training.export_iteration, "ONNX"),
    ]:
        assert refusal(call, trained.id, NOBODY, *rest) == NOT_FOUND, call.__name__


def test_an_iteration_of_another_project_is_not_found(
    training: Training, pair: Pair, trained: Trained
) -> None:
    assert refusal(training.get_iteration, pair.id, trained.iteration.id) == NOT_FOUND


# Publishing


def test_publishing_and_unpublishing(
    training: Training, prediction: Prediction, access: Access, answers: Answers, pair: Pair
) -> None:
    assert publish(training, access, pair.first, "classify Model é") is True
    assert answers.last.body == b"true"
    iteration = training.get_iteration(pair.id, pair.first.id)
    assert iteration.publish_name == "classify Model é"
    assert iteration.original_publish_resource_id == access.resource_id
    found = prediction.classify_image_with_no_store(
        pair.id, "classify Model é", dish("cannoli", 300)
    )
    assert found.iteration == pair.first.id

    training.unpublish_iteration(pair.id, pair.first.id)
    assert answers.last.status == 204
    assert not training.get_iteration(pair.id, pair.first.id).publish_name
    gone = refusal_with_message(
        prediction.classify_image_with_no_store, pair.id, "classify Model é", dish("cannoli", 300)
    )
    assert gone[:2] == NOT_FOUND
    assert "Invalid iteration" in gone[2]
    again = refusal(training.unpublish_iteration, pair.id, pair.first.id)
    assert again == (400, "BadRequestIterationNotPublished")


def test_two_iterations_are_published_at_once(
    training: Training, prediction: Prediction, access: Access, pair: Pair
) -> None:
    publish(training, access, pair.first, "old")
    publish(training, access, pair.second, "new")
    for name, iteration in {"old": pair.first, "new": pair.second}.items():
        found = prediction.classify_image_with_no_store(pair.id, name, dish("cannoli", 300))
        assert found.iteration == iteration.id
    training.unpublish_iteration(pair.id, pair.first.id)
    classify = prediction.classify_image_with_no_store
    assert refusal(classify, pair.id, "old", dish("cannoli", 300)) == NOT_FOUND
    assert classify(pair.id, "new", dish("cannoli", 300)).iteration == pair.second.id


@pytest.mark.parametrize("overwrite", [None, True])
def test_a_published_iteration_is_not_published_again(
    training: Training, access: Access, pair: Pair, overwrite: bool | None
) -> None:
    publish(training, access, pair.first, "live")
    status, code, message = refusal_with_message(
        publish, training, access, pair.first, "other", overwrite=overwrite
    )
    assert (status, code) == (400, "BadRequestIterationIsPublished")
    assert "Iteration is already published as: live" in message


def test_a_name_that_is_taken_is_given_up_only_when_asked(
    training: Training, prediction: Prediction, access: Access, pair: Pair
) -> None:
    publish(training, access, pair.first, "live")
    taken = refusal(publish, training, access, pair.second, "live")
    assert taken == (400, "BadRequestInvalidPublishName")
    assert publish(training, access, pair.second, "live", overwrite=True) is True
    found = prediction.classify_image_with_no_store(pair.id, "live", dish("cannoli", 300))
    assert found.iteration == pair.second.id
    assert not training.get_iteration(pair.id, pair.first.id).publish_name


@pytest.mark.parametrize(
    ("name", "resource", "code"),
    [
        ("", "/r", "BadRequestInvalidPublishName"),
        ("n" * 129, "/r", "BadRequestInvalidPublishName"),
        ("live", "", "BadRequestInvalidPublishTarget"),
    ],
)
def test_a_publication_that_cannot_be(
    training: Training, pair: Pair, name: str, resource: str, code: str
) -> None:
    refused = refusal(training.publish_iteration, pair.id, pair.first.id, name, resource)
    assert refused == (400, code)


@pytest.mark.parametrize(
    "name", ["a b", "a+b", "a%2Fb", "ü", "Iteration1", "..", "a/b", "a?b#c", "image", "🍕", "a\\b"]
)
def test_names_of_publications_work_or_are_refused(
    training: Training, prediction: Prediction, access: Access, pair: Pair, name: str
) -> None:
    try:
        publish(training, access, pair.first, name)
    except m.CustomVisionErrorException as error:
        if error.error.code != "BadRequestInvalidPublishName":
            raise
    else:
        found = prediction.classify_image_with_no_store(pair.id, name, dish("cannoli", 300))
        assert found.iteration == pair.first.id
        assert training.get_iteration(pair.id, pair.first.id).publish_name == name


def test_an_iteration_goes_unless_it_is_published(
    training: Training, access: Access, pair: Pair
) -> None:
    third = train(training, pair.id, force_train=True)
    publish(training, access, third, "third")
    refused = refusal(training.delete_iteration, pair.id, third.id)
    assert refused == (400, "BadRequestIterationIsPublished")
    training.unpublish_iteration(pair.id, third.id)
    training.delete_iteration(pair.id, third.id)
    assert refusal(training.get_iteration, pair.id, third.id) == NOT_FOUND
    assert third.id not in {each.id for each in training.get_iterations(pair.id)}


def test_an_iteration_in_training_is_not_yet_of_use(training: Training, access: Access) -> None:
    with a_project(training) as project:
        # Photos that no test sent before, so that it takes its time.
        fill(training, project.id, {"cannoli": range(2000, 2020), "risotto": range(2000, 2020)})
        running = training.train_project(project.id)
        not_trained = (400, "BadRequestIterationIsNotTrained")
        assert refusal(publish, training, access, running, "early") == not_trained
        performance = training.get_iteration_performance
        assert refusal(performance, project.id, running.id) == not_trained
        exported = refusal(training.export_iteration, project.id, running.id, "ONNX")
        assert exported == not_trained
        assert training.get_exports(project.id, running.id) == []
        unpublished = refusal(training.unpublish_iteration, project.id, running.id)
        assert unpublished == (400, "BadRequestIterationNotPublished")
        assert training.get_iteration(project.id, running.id).status == "Training"


def test_a_project_may_go_while_it_is_trained(training: Training) -> None:
    project = training.create_project(new_name())
    fill(training, project.id, {"cannoli": range(2100, 2110), "risotto": range(2100, 2110)})
    training.train_project(project.id)
    try:
        training.delete_project(project.id)
    except m.CustomVisionErrorException as error:
        if not error.error.code.startswith("BadRequest"):
            raise
        delete_project(training, project.id)
    assert refusal(training.get_project, project.id) == (404, "NotFoundProject")


# Performance


@pytest.mark.parametrize("threshold", [None, 0.5, 0.85])
def test_metrics_overall_and_of_each_tag(
    training: Training, trained: Trained, threshold: float | None
) -> None:
    report = training.get_iteration_performance(
        trained.id, trained.iteration.id, threshold=threshold, overlap_threshold=0.3
    )
    assert {tag.id: tag.name for tag in report.per_tag_performance} == {
        tag.id: name for name, tag in trained.tags.items()
    }
    for each in (report, *report.per_tag_performance):
        assert 0 <= each.precision <= 1
        assert 0 <= each.recall <= 1
        assert 0 <= each.average_precision <= 1
        assert each.precision_std_deviation >= 0
        assert each.recall_std_deviation >= 0
    assert report.recall > 0.5


def test_a_higher_threshold_recalls_no_more(training: Training, trained: Trained) -> None:
    recalls = [
        training.get_iteration_performance(
            trained.id, trained.iteration.id, threshold=threshold
        ).recall
        for threshold in (0, 0.5, 0.9, 1)
    ]
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] == 1


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_cannot_be(training: Training, trained: Trained, threshold: float) -> None:
    status, code = refusal(
        training.get_iteration_performance, trained.id, trained.iteration.id, threshold
    )
    assert status == 400
    assert code.startswith("BadRequest")


def test_what_was_said_of_each_image(training: Training, trained: Trained) -> None:
    iteration = trained.iteration.id
    count = training.get_image_performance_count(trained.id, iteration)
    images = training.get_image_performances(trained.id, iteration)
    assert count == len(images) > 0
    tag_ids = {tag.id for tag in trained.tags.values()}
    for image in images:
        assert (image.width, image.height) == (128, 128)
        assert image.image_uri
        assert image.thumbnail_uri
        assert {tag.tag_id for tag in image.tags} <= tag_ids
        assert {each.tag_id for each in image.predictions} == tag_ids
        likely = [each.probability for each in image.predictions]
        assert likely == sorted(likely, reverse=True)
    assert requests.get(images[0].image_uri, timeout=30).status_code == 200

    pages = [
        training.get_image_performances(trained.id, iteration, take=2, skip=skip)
        for skip in range(0, count, 2)
    ]
    assert [image.id for page in pages for image in page] == [image.id for image in images]
    cannoli = trained.tags["cannoli"].id
    some = training.get_image_performances(trained.id, iteration, tag_ids=[cannoli])
    assert all(cannoli in {tag.tag_id for tag in image.tags} for image in some)
    counted = training.get_image_performance_count(trained.id, iteration, tag_ids=[cannoli])
    assert counted == len(some) < count
    oldest = training.get_image_performances(trained.id, iteration, order_by="Oldest")
    assert [image.id for image in oldest] == [image.id for image in images][::-1]


# Exports


def test_an_onnx_export_is_downloaded_without_a_key(training: Training, pair: Pair) -> None:
    assert training.get_exports(pair.id, pair.first.id) == []
    started = training.export_iteration(pair.id, pair.first.id, "ONNX")
    assert (started.platform, started.status) == ("ONNX", "Exporting")
    assert not started.download_uri
    assert started.newer_version_available is False
    export = until_done(training, pair)
    assert export.platform == "ONNX"

    answer = requests.get(export.download_uri, timeout=60)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (model,) = [name for name in archive.namelist() if name.endswith(".onnx")]
        session = onnxruntime.InferenceSession(archive.read(model))
        labels = archive.read(
            next(name for name in archive.namelist() if "labels" in name)
        ).decode()
    assert "cannoli" in labels
    (asked, *_) = session.get_inputs()
    shape = [size if isinstance(size, int) else 1 for size in asked.shape]
    kinds = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
    given = session.run(None, {asked.name: np.zeros(shape, kinds[asked.type])})
    assert any(np.isclose(np.sum(output), 1, atol=1e-4) for output in given if np.size(output) == 2)

    wrong = export.download_uri[:-3] + ("aaa" if export.download_uri[-3:] != "aaa" else "bbb")
    assert requests.get(wrong, timeout=30).status_code in (401, 403, 404)
    again = refusal_with_message(training.export_iteration, pair.id, pair.first.id, "ONNX")
    assert again[:2] == (400, "BadRequestExportAlreadyInProgress")
    assert f"{pair.first.id} is already queued for export" in again[2]


def until_done(training: Training, pair: Pair) -> m.Export:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        (export,) = training.get_exports(pair.id, pair.first.id)
        if export.status == "Done":
            return export
        assert export.status == "Exporting"
        time.sleep(0.1)
    raise AssertionError("not exported within the deadline")


@pytest.mark.parametrize(
    ("platform", "flavor"),
    [("TensorFlow", "TensorFlowLite"), ("CoreML", None), ("DockerFile", "Linux"), ("Paper", None)],
)
def test_other_platforms_are_refused(
    training: Training, pair: Pair, platform: str, flavor: str | None
) -> None:
    status, code = refusal(
        training.export_iteration, pair.id, pair.second.id, platform, flavor=flavor
    )
    assert status == 400
    assert code.startswith("BadRequest")
    assert training.get_exports(pair.id, pair.second.id) == []


@pytest.mark.parametrize("flavor", ["ONNX10", "ONNX12"])
def test_flavors_of_onnx_are_known(training: Training, pair: Pair, flavor: str) -> None:
    try:
        started = training.export_iteration(pair.id, pair.second.id, "ONNX", flavor=flavor)
    except m.CustomVisionErrorException as error:
        # The platform's export is there, whatever its flavor.
        expected = "BadRequestExportAlreadyInProgress"
        if error.error.code != expected:
            raise
    else:
        assert started.flavor in (None, flavor)
