"""The requests that classify an image. Custom Vision keeps nothing of them: we do."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from classifr.vision.azure.client.wire import AzureIteration, AzureProject, to_tag_type
from classifr.vision.classification import Classification, Outputs
from classifr.vision.values import ImageFacts, IterationTagValue, IterationValue, ProjectValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.prediction import (
        CustomVisionPredictionClient,
        models,
    )
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

_MODELS = 64  # Whose outputs are kept.


@dataclass(frozen=True)
class Answerer:
    """A published iteration."""

    project: AzureProject
    iteration: AzureIteration
    published_name: str


class Classifying:
    """One request to a published iteration."""

    def __init__(self, answerer: Answerer, data: bytes, facts: ImageFacts) -> None:
        self._answerer = answerer
        self._data = data
        self._facts = facts

    def __call__(self, sdk: "CustomVisionPredictionClient") -> Classification:
        who = self._answerer
        answer = sdk.classify_image_with_no_store(
            str(who.project.id), who.published_name, self._data
        )
        return _classification(answer, self._facts, who.project, who.iteration)


class Trying:
    """One request to an iteration that need not be published."""

    def __init__(
        self, project: ProjectValue, iteration: IterationValue, data: bytes, facts: ImageFacts
    ) -> None:
        self._project = project
        self._iteration = iteration
        self._data = data
        self._facts = facts

    def __call__(self, sdk: "CustomVisionTrainingClient") -> Classification:
        answer = sdk.quick_test_image(
            str(self._project.id), self._data, iteration_id=str(self._iteration.id), store=False
        )
        return _classification(answer, self._facts, self._project, self._iteration)


@lru_cache(_MODELS)
def _outputs(tags: tuple[IterationTagValue, ...]) -> Outputs:
    return Outputs.of(tags)


def _classification(
    answer: "models.ImagePrediction",
    facts: ImageFacts,
    project: AzureProject | ProjectValue,
    iteration: AzureIteration | IterationValue,
) -> Classification:
    # Always in the same order, like the outputs of a model.
    said = sorted(answer.predictions, key=lambda one: str(one.tag_id))
    if not said:
        raise ValueError("there is no tag in the answer")
    probabilities = np.nan_to_num([float(one.probability) for one in said]).clip(0, 1)
    order = (-probabilities).argsort(kind="stable")
    return Classification(
        image=facts,
        project_id=project.id,
        project=project.name,
        iteration=iteration.name,
        iteration_id=iteration.id,
        outputs=_outputs(
            tuple(
                IterationTagValue(UUID(one.tag_id), str(one.tag_name), to_tag_type(one.tag_type))
                for one in said
            )
        ),
        order=order,
        probabilities=probabilities[order].tolist(),
        novelty=None,
    )
