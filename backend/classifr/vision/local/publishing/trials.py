"""Trained iterations that somebody tries without publishing them."""

import asyncio
from collections import OrderedDict
from uuid import UUID

from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.iterations.reports import require_trained
from classifr.vision.local.publishing.models import Model, load_model
from classifr.vision.values import IterationValue, ProjectValue

# Whoever tries one tries it again, and perhaps another beside it.
_KEPT = 4


class Trials:
    """Loads the models of iterations, and keeps those used last."""

    def __init__(self, storage: Storage, backbones: Backbones) -> None:
        self._storage = storage
        self._backbones = backbones
        self._kept: OrderedDict[UUID, Model] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def model(self, project: ProjectValue, iteration: IterationValue) -> Model:
        """The iteration's model. Raises: IterationNotTrained, BuiltinProject, NotReady."""
        require_trained(iteration)
        async with self._one_at_a_time:
            model = self._kept.get(iteration.id)
            if model is None:
                model = await load_model(
                    self._storage,
                    self._backbones,
                    project_id=project.id,
                    project=project.name,
                    iteration_id=iteration.id,
                    iteration=iteration.name,
                    tags=tuple(iteration.tags),
                )
            self._kept[iteration.id] = model
            self._kept.move_to_end(iteration.id)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return model.renamed(
            project=project.name,
            iteration=iteration.name,
            tags=tuple(iteration.tags),
        )
