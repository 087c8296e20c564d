"""Projects of the compat suite, made with the SDK."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.ids import FOOD
from tests.pictures import dish

TRAINING_SECONDS = 60.0
COPY_SECONDS = 60.0

_numbers = count(1)


def new_name(of: str = "Project") -> str:
    """A name that no other test gives."""
    return f"{of} {next(_numbers)}"


@contextmanager
def project(
    training: CustomVisionTrainingClient, *, kind: str = m.Classifier.multiclass
) -> Iterator[m.Project]:
    """An empty project, gone afterwards."""
    made = training.create_project(new_name(), domain_id=FOOD, classification_type=kind)
    try:
        yield made
    finally:
        delete_project(training, made.id)


def delete_project(training: CustomVisionTrainingClient, project_id: str) -> None:
    """Also one whose iterations are published; nothing if it is gone."""
    try:
        iterations = training.get_iterations(project_id)
    except m.CustomVisionErrorException as error:
        if error.response.status_code == 404:
            return
        raise
    for iteration in iterations:
        if iteration.publish_name:
            training.unpublish_iteration(project_id, iteration.id)
        if iteration.status == "Training":
            wait(training, iteration)
    training.delete_project(project_id)


def entries(
    tag: m.Tag, photos: str, seeds: Sequence[int], *, is_named: bool = True
) -> list[m.ImageFileCreateEntry]:
    """Photos of a dish to be created with a tag."""
    return [
        m.ImageFileCreateEntry(
            name=f"{photos}-{seed}.jpg" if is_named else None,
            contents=dish(photos, seed),
            tag_ids=[tag.id],
        )
        for seed in seeds
    ]


def send(
    training: CustomVisionTrainingClient,
    project_id: str,
    images: Sequence[m.ImageFileCreateEntry],
    **batch: object,
) -> m.ImageCreateSummary:
    return training.create_images_from_files(
        project_id, m.ImageFileCreateBatch(images=list(images), **batch)
    )


def fill(
    training: CustomVisionTrainingClient, project_id: str, images: Mapping[str, Sequence[int]]
) -> dict[str, m.Tag]:
    """New tags with photos of these seeds; the tags by name."""
    tags = {}
    for name, seeds in images.items():
        tags[name] = training.create_tag(project_id, name)
        sent = send(training, project_id, entries(tags[name], name, seeds))
        assert sent.is_batch_successful, [image.status for image in sent.images]
    return tags


def wait(training: CustomVisionTrainingClient, iteration: m.Iteration) -> m.Iteration:
    """The iteration once it is no longer in training."""
    deadline = time.monotonic() + TRAINING_SECONDS
    while iteration.status == "Training":
        assert time.monotonic() < deadline, "not trained within the deadline"
        time.sleep(0.1)
        iteration = training.get_iteration(iteration.project_id, iteration.id)
    return iteration


def wait_for_copy(training: CustomVisionTrainingClient, project_id: str) -> m.Project:
    """A project that was imported, once it is whole."""
    deadline = time.monotonic() + COPY_SECONDS
    while (project := training.get_project(project_id)).status == "Importing":
        assert time.monotonic() < deadline, "not imported within the deadline"
        time.sleep(0.1)
    assert project.status == "Succeeded"
    return project


def train(training: CustomVisionTrainingClient, project_id: str, **options: object) -> m.Iteration:
    """A completed iteration."""
    iteration = wait(training, training.train_project(project_id, **options))
    assert iteration.status == "Completed", iteration.training_error_details
    return iteration


@dataclass(frozen=True)
class Trained:
    """A project with a published iteration that tests share and leave as it is."""

    project: m.Project
    tags: dict[str, m.Tag]
    iteration: m.Iteration
    publish_name: str

    @property
    def id(self) -> str:
        return self.project.id


def is_id(value: str) -> bool:
    return str(UUID(value)) == value
