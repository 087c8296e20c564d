"""What an engine answers for one image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import numpy as np
from pydantic import Field

from classifr.engine.functional import Int64Array
from classifr.vision.values import ImageFacts, IterationTagValue, Novelty

T = TypeVar("T")


@dataclass(slots=True)
class TagProbability:
    """One tag and how likely it is."""

    # No pydantic model, because an answer holds a thousand of them; it is shown as it is.
    tag: Annotated[str, Field(examples=["pizza"])]
    probability: Annotated[float, Field(ge=0, le=1, examples=[0.93])]


@dataclass(frozen=True, eq=False)
class Outputs:
    """What the outputs of a model stand for, one made for all its answers.

    Compared by identity: what is made of the tags is kept by it, and found in no time.
    """

    names: tuple[str, ...]  #: Of every tag, at least one.
    tags: tuple[IterationTagValue, ...]  #: The same tags in full; empty: they are built in.

    @classmethod
    def of(cls, tags: Iterable[IterationTagValue]) -> "Outputs":
        """Those of a trained model."""
        tags = tuple(tags)
        return cls(tuple(tag.name for tag in tags), tags)


class Column(Generic[T]):
    """Something of each output, made to be put in the order of many answers."""

    def __init__(self, values: Iterable[T]) -> None:
        self._values = np.fromiter(values, object)

    def ordered(self, order: Int64Array) -> list[T]:
        """order: places in the column, as many as there are, or fewer."""
        return self._values[order].tolist()  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Classification:
    """The answer of one iteration for one image."""

    image: ImageFacts
    project_id: UUID
    project: str  #: The name of its project.
    iteration: str  #: The name of the iteration that answered.
    iteration_id: UUID
    # Columns rather than a thousand objects, and tags as the model has them: it costs time to put
    # them in order, and most answers look at few.
    outputs: Outputs
    order: Int64Array  #: (N,), places among the outputs, likeliest first.
    probabilities: Sequence[float]  #: Of each tag in that order.
    novelty: Novelty | None  #: None: the iteration cannot tell.

    @property
    def tags(self) -> tuple[str, ...]:
        """The name of every tag, likeliest first."""
        return tuple(Column(self.outputs.names).ordered(self.order))

    def likeliest(self, count: int | None = None) -> list[TagProbability]:
        """The first `count` tags with their probabilities; all if None."""
        return [
            TagProbability(self.outputs.names[place], probability)
            for place, probability in zip(
                self.order[:count].tolist(), self.probabilities[:count], strict=True
            )
        ]
