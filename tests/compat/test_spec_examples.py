"""The examples of the published files, sent to every version with ids that are there."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count
from typing import Any

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from requests import Response
from tests.compat.clients import SPECS, Access, Wire
from tests.compat.conftest import SEEDS
from tests.compat.openapi import FOLDER, Operation
from tests.compat.projects import delete_project, fill, new_name, train, wait, wait_for_copy
from tests.ids import GENERAL
from tests.pictures import dish

pytestmark = pytest.mark.skipif(not SPECS.all, reason=f"{FOLDER} is not there")

#: They concern object detection alone.
DETECTION = {
    "CreateImageRegions",
    "DeleteImageRegions",
    "GetImageRegionProposals",
    "DetectImage",
    "DetectImageUrl",
    "DetectImageUrlWithNoStore",
    "DetectImageWithNoStore",
}
#: In answers of the examples, but of object detection.
NOT_FOR_US = {"boundingBox"}

OPERATIONS = [operation for spec in SPECS.all for operation in spec.operations]


class World:
    """A trained and published project, and fresh things for examples that consume them."""

    def __init__(
        self, training: CustomVisionTrainingClient, wire: Wire, access: Access, photo_web: str
    ) -> None:
        self.training = training
        self.wire = wire
        self.access = access
        self.photo_web = photo_web
        self.made: list[str] = []
        self._seeds = count(1000)
        self.id = self.fresh_project()
        self.tags = fill(training, self.id, {"cannoli": SEEDS, "risotto": SEEDS})
        self.images = [image.id for image in training.get_images(self.id)]
        self.iteration = train(training, self.id).id
        training.publish_iteration(self.id, self.iteration, "MyModel1", access.resource_id)

    @property
    def tag(self) -> str:
        return self.tags["cannoli"].id

    @cached_property
    def spare(self) -> m.Iteration:
        """A second iteration, which examples publish, export and rename."""
        return train(self.training, self.id, force_train=True)

    def fresh_project(self) -> str:
        self.made.append(
            self.training.create_project(new_name(), classification_type="Multiclass").id
        )
        return self.made[-1]

    def fresh_tag(self, project: str) -> str:
        return self.training.create_tag(project, new_name("Tag")).id

    def fresh_photo(self) -> bytes:
        return dish("cannoli", next(self._seeds))

    def fresh_address(self) -> str:
        return f"{self.photo_web}/cannoli/{next(self._seeds)}.jpg"

    def fresh_images(self) -> list[str]:
        made = [
            self.training.create_images_from_data(self.id, self.fresh_photo(), [self.tag])
            for _ in range(2)
        ]
        return [summary.images[0].image.id for summary in made]

    def fresh_prediction(self) -> str:
        return self.training.quick_test_image(self.id, self.fresh_photo()).id

    def fresh_iteration(self) -> str:
        return train(self.training, self.id, force_train=True).id

    def unpublished(self) -> str:
        iteration = self.training.get_iteration(self.id, self.spare.id)
        if iteration.publish_name:
            self.training.unpublish_iteration(self.id, iteration.id)
        return iteration.id

    def published(self) -> str:
        iteration = self.unpublished()
        self.training.publish_iteration(self.id, iteration, "spare", self.access.resource_id)
        return iteration

    def exported(self) -> str:
        return self.training.export_project(self.id).token


@pytest.fixture(scope="module")
def world(
    training: CustomVisionTrainingClient, wire: Wire, access: Access, photo_web: str
) -> Iterator[World]:
    world = World(training, wire, access, photo_web)
    yield world
    for project in world.made:
        delete_project(training, project)


def _fresh_tag(world: World) -> dict[str, str]:
    project = world.fresh_project()
    return {"projectId": project, "tagId": world.fresh_tag(project)}


def _files(world: World) -> dict[str, object]:
    contents = base64.b64encode(world.fresh_photo()).decode()
    return {"images": [{"name": "hemlock_10.jpg", "contents": contents}], "tagIds": [world.tag]}


def _regions(world: World) -> dict[str, object]:
    place = {"left": 0.25, "top": 0.25, "width": 0.25, "height": 0.25}
    return {"regions": [{"imageId": world.images[0], "tagId": world.tag, **place}]}


def _trainable(world: World) -> dict[str, str]:
    world.training.create_images_from_data(world.id, world.fresh_photo(), [world.tag])
    return {}


def substitutes(world: World, name: str) -> dict[str, Any]:
    """What takes the place of the ids, files and addresses of an example."""
    usual = {
        "projectId": world.id,
        "tagId": world.tag,
        "iterationId": world.iteration,
        "imageId": world.images[0],
        "imageIds": world.images[:2],
        "tagIds": [world.tag],
        "publishedName": "MyModel1",
        "imageData": dish("cannoli", 1),
        "imageUrl": {"url": f"{world.photo_web}/cannoli/1.jpg"},
        "regionIds": [world.images[0]],
    }
    special = SPECIAL.get(name)
    return {**usual, **(special(world) if special else {})}


#: By operation, what is not as usual.
SPECIAL = {
    "CreateProject": lambda w: {"name": new_name()},
    "UpdateProject": lambda w: {
        "projectId": w.fresh_project(),
        "updatedProject": {
            "name": new_name(),
            "description": "A new Description",
            "settings": {"domainId": GENERAL},
        },
    },
    "DeleteProject": lambda w: {"projectId": w.fresh_project()},
    "ImportProject": lambda w: {"token": w.exported(), "name": new_name()},
    "CreateTag": lambda w: {"projectId": w.fresh_project()},
    "UpdateTag": _fresh_tag,
    "DeleteTag": _fresh_tag,
    "CreateImagesFromData": lambda w: {"imageData": w.fresh_photo()},
    "CreateImagesFromFiles": lambda w: {"batch": _files(w)},
    "CreateImagesFromUrls": lambda w: {
        "batch": {"images": [{"url": w.fresh_address()}], "tagIds": [w.tag]}
    },
    "CreateImagesFromPredictions": lambda w: {
        "batch": {"images": [{"id": w.fresh_prediction()}], "tagIds": [w.tag]}
    },
    "CreateImageTags": lambda w: {
        "batch": {"tags": [{"imageId": w.fresh_images()[0], "tagId": w.tag}]}
    },
    "CreateImageRegions": lambda w: {"batch": _regions(w)},
    "DeleteImages": lambda w: {"imageIds": w.fresh_images()},
    "DeleteImageTags": lambda w: {"imageIds": w.fresh_images()},
    "DeletePrediction": lambda w: {"ids": [w.fresh_prediction(), w.fresh_prediction()]},
    "QueryPredictions": lambda w: {
        "query": {
            "orderBy": "Newest",
            "tags": [{"id": w.tag, "maxThreshold": 1, "minThreshold": 0.9}],
        }
    },
    "QuerySuggestedImages": lambda w: {"query": {"tagIds": [w.tag]}},
    "QuerySuggestedImageCount": lambda w: {"query": {"tagIds": [w.tag]}},
    "PublishIteration": lambda w: {"iterationId": w.unpublished()},
    "UnpublishIteration": lambda w: {"iterationId": w.published()},
    "UpdateIteration": lambda w: {"iterationId": w.fresh_iteration()},
    "DeleteIteration": lambda w: {"iterationId": w.fresh_iteration()},
    "TrainProject": _trainable,
    # TensorFlow, of the example, is one of the differences: ONNX is the only platform.
    "ExportIteration": lambda w: {"iterationId": w.fresh_iteration(), "platform": "ONNX"},
    "GetArtifact": lambda w: {"path": w.training.get_images(w.id, take=1)[0].original_image_uri},
}


def _imported(world: World, _: object, copy: dict[str, Any]) -> None:
    world.made.append(copy["id"])
    wait_for_copy(world.training, copy["id"])


def _trained(world: World, _: object, started: dict[str, Any]) -> None:
    wait(world.training, world.training.get_iteration(world.id, started["id"]))


#: By operation, what is done once it is granted, so that the next example finds things as usual:
#: given its parameters and its answer.
AFTER: Mapping[str, Callable[[World, dict[str, Any], Any], object]] = {
    "CreateProject": lambda w, _, made: w.made.append(made["id"]),
    "ImportProject": _imported,
    "TrainProject": _trained,
    "UpdateIteration": lambda w, sent, _: w.training.delete_iteration(w.id, sent["iterationId"]),
    "PublishIteration": lambda w, sent, _: w.training.unpublish_iteration(
        w.id, sent["iterationId"]
    ),
}


def send(world: World, operation: Operation, parameters: dict[str, Any]) -> Response:
    """The example as a request of its version."""
    path = operation.path
    for name in operation.parameters("path"):
        path = path.replace(f"{{{name}}}", str(parameters[name]))
    query = {
        name: ",".join(value) if isinstance(value, list) else value
        for name, value in parameters.items()
        if name in operation.parameters("query")
    }
    options: dict[str, Any] = {"params": query}
    for name in operation.parameters("body"):
        if name in parameters:
            options["json"] = parameters[name]
    for name in operation.parameters("formData"):
        options["files"] = {name: parameters[name]}
    keys = {
        "Training-Key": world.access.training_key,
        "Prediction-Key": world.access.prediction_key,
    }
    # Its shape is checked against the file of its version on the way; see clients.py.
    base = operation.spec.record["basePath"]
    return world.wire.send(operation.method, base + path, headers=keys, **options)


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{each.spec.base[14:]} {each.name}" for each in OPERATIONS]
)
def test_example_of_the_contract_is_answered_as_it_says(world: World, operation: Operation) -> None:
    for example in operation.examples():
        parameters = {**example["parameters"]}
        changed = substitutes(world, operation.name)
        known = set(parameters) | set(operation.parameters("path")) | {"name", "token"}
        required = {
            name
            for place in ("query", "body", "formData")
            for name, record in operation.parameters(place).items()
            if record.get("required")
        }
        parameters |= {name: value for name, value in changed.items() if name in known | required}
        answer = send(world, operation, parameters)
        if operation.name in DETECTION:
            assert answer.status_code == 400
            continue
        granted = {status for status in map(int, example["responses"]) if status < 300}
        assert answer.status_code in granted, answer.text
        expected = example["responses"][str(answer.status_code)].get("body")
        if expected and operation.name != "GetArtifact":
            missing = list(missing_members(expected, answer.json()))
            assert missing == [], json.dumps(answer.json())
        if operation.name in AFTER:
            AFTER[operation.name](world, parameters, answer.json())


def missing_members(expected: object, given: object, path: str = "$") -> Iterator[str]:
    """What an answer of the example has and ours has not."""
    if isinstance(expected, dict) and isinstance(given, dict):
        names = [name for name in expected if not _is_id(name)]
        for name in names:
            if expected[name] is None or name in NOT_FOR_US:
                continue
            if name not in given:
                yield f"{path}.{name}"
            else:
                yield from missing_members(expected[name], given[name], f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(given, list) and expected and given:
        yield from missing_members(expected[0], given[0], f"{path}[0]")
    elif _kind(expected) != _kind(given) and given is not None:
        yield f"{path} is {given!r}"


def _kind(value: object) -> type:
    # Examples show counts as strings.
    is_number = isinstance(value, int | float) or (isinstance(value, str) and value.isdigit())
    return float if is_number and not isinstance(value, bool) else type(value)


def _is_id(name: str) -> bool:
    return name.count("-") == 4
