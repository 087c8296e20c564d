"""Evaluations of iterations in memory: what a report needs, whatever its threshold."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from classifr.engine.calibration import ReliabilityBin, calibration_error, reliability
from classifr.engine.head import HeadKind
from classifr.engine.metrics import average_precisions, top1
from classifr.errors import ImageGone, IterationNotTrained
from classifr.storage.port import Storage
from classifr.vision.local.evaluation import Evaluation, EvaluationDamaged, evaluation_from_bytes
from classifr.vision.local.iteration_files import evaluation_key

T = TypeVar("T")

_MAX_BYTES = 64 * 1024**2
# So that reports never take every core from the predictions, nor every thread from the storage.
_AT_ONCE = 2
_BYTES_PER_IMAGE = 400  #: Its id and its digest, as Python keeps them.


@dataclass(frozen=True, eq=False)
class Judgement:
    """An evaluation, and all that follows from it without a threshold."""

    evaluation: Evaluation
    averages: list[float | None]  #: Average precision of each tag.
    top1: float | None
    calibration_error: float | None
    reliability: list[ReliabilityBin]

    @property
    def kind(self) -> HeadKind:
        """Whether an image carries exactly one tag."""
        return self.evaluation.head.kind

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory."""
        one = self.evaluation
        arrays = one.labels.nbytes + one.probabilities.nbytes + one.head.weights.nbytes
        return arrays + _BYTES_PER_IMAGE * len(one.image_ids)


class Evaluations:
    """Reads evaluations, and keeps those used last."""

    def __init__(self, storage: Storage, *, max_bytes: int = _MAX_BYTES) -> None:
        """max_bytes: of those that are kept; the last one is, however large."""
        self._storage = storage
        self._max_bytes = max_bytes
        self._kept: OrderedDict[UUID, Judgement] = OrderedDict()
        self._reading: dict[UUID, asyncio.Task[Judgement]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def get(self, iteration_id: UUID) -> Judgement:
        """The judgement of an iteration. Raises: IterationNotTrained, StorageUnavailable."""
        if iteration_id in self._kept:
            self._kept.move_to_end(iteration_id)
            return self._kept[iteration_id]
        reading = self._reading.get(iteration_id)
        if reading is None:
            reading = asyncio.create_task(self._read(iteration_id))
            self._reading[iteration_id] = reading
            reading.add_done_callback(lambda _: self._reading.pop(iteration_id))
        # Others may wait for it too.
        return await asyncio.shield(reading)

    async def compute(self, call: Callable[[], T]) -> T:
        """What `call` gives, from a thread; few at a time."""
        async with self._places:
            return await asyncio.to_thread(call)

    async def _read(self, iteration_id: UUID) -> Judgement:
        try:
            data = await self._storage.get(evaluation_key(iteration_id))
            judgement = await self.compute(lambda: _judge(evaluation_from_bytes(data)))
        except (ImageGone, EvaluationDamaged) as error:
            raise IterationNotTrained(
                "The evaluation of this iteration is missing or damaged. Train again."
            ) from error
        self._kept[iteration_id] = judgement
        while len(self._kept) > 1 and self._size() > self._max_bytes:
            self._kept.popitem(last=False)
        return judgement

    def _size(self) -> int:
        return sum(judgement.size_bytes for judgement in self._kept.values())


def _judge(evaluation: Evaluation) -> Judgement:
    probabilities, labels = evaluation.probabilities, evaluation.labels
    return Judgement(
        evaluation=evaluation,
        averages=average_precisions(probabilities, labels),
        top1=top1(probabilities, labels),
        calibration_error=calibration_error(probabilities, labels),
        reliability=reliability(probabilities, labels),
    )
