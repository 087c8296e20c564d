"""Judgements of iterations in memory: what a report needs, whatever its threshold."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from classifr.errors import ImageGone, IterationNotTrained
from classifr.storage.port import Storage
from classifr.vision.judging.judgement import Judgement, judge
from classifr.vision.local.iterations.evaluation import (
    Evaluation,
    EvaluationDamaged,
    evaluation_from_bytes,
)
from classifr.vision.local.iterations.files import evaluation_key

T = TypeVar("T")

_MAX_BYTES = 64 * 1024**2
# So that reports never take every core from the predictions, nor every thread from the storage.
_AT_ONCE = 2
_BYTES_PER_IMAGE = 400  #: Its id and its digest, as Python keeps them.


@dataclass(frozen=True, eq=False)
class Judged:
    """An evaluation, and all that follows from it without a threshold."""

    evaluation: Evaluation
    judgement: Judgement

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory."""
        one = self.evaluation
        arrays = self.judgement.size_bytes + one.head.weights.nbytes
        return arrays + _BYTES_PER_IMAGE * len(one.image_ids)


class Judgements:
    """Reads evaluations, and keeps the judgements used last."""

    def __init__(self, storage: Storage, *, max_bytes: int = _MAX_BYTES) -> None:
        """max_bytes: of those that are kept; the last one is, however large."""
        self._storage = storage
        self._max_bytes = max_bytes
        self._kept: OrderedDict[UUID, Judged] = OrderedDict()
        self._reading: dict[UUID, asyncio.Task[Judged]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def get(self, iteration_id: UUID) -> Judged:
        """Of an iteration. Raises: IterationNotTrained, StorageUnavailable."""
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

    async def _read(self, iteration_id: UUID) -> Judged:
        try:
            data = await self._storage.get(evaluation_key(iteration_id))
            judged = await self.compute(lambda: _judge(evaluation_from_bytes(data)))
        except (ImageGone, EvaluationDamaged) as error:
            raise IterationNotTrained(
                "The evaluation of this iteration is missing or damaged. Train again."
            ) from error
        self._kept[iteration_id] = judged
        while len(self._kept) > 1 and self._size() > self._max_bytes:
            self._kept.popitem(last=False)
        return judged

    def _size(self) -> int:
        return sum(judged.size_bytes for judged in self._kept.values())


def _judge(evaluation: Evaluation) -> Judged:
    one = evaluation
    return Judged(one, judge(one.image_ids, one.labels, one.probabilities, one.head.kind))
