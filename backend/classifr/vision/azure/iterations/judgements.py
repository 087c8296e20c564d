"""How an iteration did on the images that Custom Vision held out from its training."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import numpy as np

from classifr.kinds import ClassificationType
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.limits import MOST_IN_PAGE
from classifr.vision.judging.judgement import Judgement, head_kind, judge
from classifr.vision.values import IterationTagValue, IterationValue

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import (
        CustomVisionTrainingClient,
        models,
    )

T = TypeVar("T")

_MOST_KEPT = 20
# So that reports never take every core from the predictions.
_COMPUTED_AT_ONCE = 2


class Judgements:
    """Judgements of iterations, the last ones kept: a trained iteration stays as it is."""

    def __init__(self, training: TrainingConnection) -> None:
        self._training = training
        self._kept: OrderedDict[UUID, Judgement] = OrderedDict()
        self._places = asyncio.Semaphore(_COMPUTED_AT_ONCE)

    async def get(self, iteration: IterationValue, kind: ClassificationType) -> Judgement:
        """The judgement, its columns in the order of the iteration's tags."""
        if iteration.id in self._kept:
            self._kept.move_to_end(iteration.id)
            return self._kept[iteration.id]
        performances: list[models.ImagePerformance] = []
        while True:
            page = await self._training.read(partial(_read, iteration, len(performances)))
            performances += page
            if len(page) < MOST_IN_PAGE:
                break
        judgement = await self.compute(lambda: _judge(performances, iteration.tags, kind))
        self._kept[iteration.id] = judgement
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return judgement

    async def compute(self, call: Callable[[], T]) -> T:
        """What `call` gives, from a thread; few at a time."""
        async with self._places:
            return await asyncio.to_thread(call)


def _read(
    iteration: IterationValue, skip: int, sdk: "CustomVisionTrainingClient"
) -> "list[models.ImagePerformance]":
    ids = (str(iteration.project_id), str(iteration.id))
    found = sdk.get_image_performances(*ids, take=MOST_IN_PAGE, skip=skip)
    # An answer of another form shall fail here.
    return [each for each in found if UUID(each.id) and each.predictions is not None]


def _judge(
    performances: "Sequence[models.ImagePerformance]",
    tags: Sequence[IterationTagValue],
    kind: ClassificationType,
) -> Judgement:
    columns = {str(tag.id): column for column, tag in enumerate(tags)}
    labels = np.zeros((len(performances), len(tags)), np.bool_)
    probabilities = np.zeros((len(performances), len(tags)))
    for row, one in enumerate(performances):
        for tag in one.tags or ():
            if tag.tag_id in columns:
                labels[row, columns[tag.tag_id]] = True
        for said in one.predictions:
            if said.tag_id in columns:
                probabilities[row, columns[said.tag_id]] = float(said.probability)
    is_known = labels.any(axis=1) if kind == ClassificationType.MULTICLASS else slice(None)
    ids = np.array([UUID(one.id) for one in performances], object)
    return judge(
        list(ids[is_known]),
        labels[is_known],
        probabilities[is_known],
        head_kind(kind),
    )
