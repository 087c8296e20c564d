"""What an engine answers for one image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import Field

from classifr.vision.values import ImageFacts, IterationTagValue, Novelty

T = TypeVar("T")


@dataclass(slots=True)
class TagProbability:
    """One tag and how likely it is."""

    # No pydantic model, because an answer holds a thousand of them; it is shown as it is.
    tag: Annotated[str, Field(examples=["pizza"])]
    probability: Annotated[float, Field(ge=0, le=1, examples=[0.93])]


@dataclass(frozen=True)
class Classification:
    """The answer of one iteration for one image."""

    image: ImageFacts
    project_id: UUID
    project: str  #: The name of its project.
    iteration: str  #: The name of the iteration that answered.
    iteration_id: UUID
    # Columns rather than a thousand objects, and tags as the model has them: it costs time to put
    # them in order, and most answers look at few.
    names: tuple[str, ...]  #: Of every tag, at least one, in the order of the model's outputs.
    outputs: tuple[IterationTagValue, ...]  #: The same tags in full; empty: they are built in.
    order: tuple[int, ...]  #: Places in `names`, likeliest first.
    probabilities: tuple[float, ...]  #: Of each tag in that order.
    novelty: Novelty | None  #: None: the iteration cannot tell.

    @property
    def tags(self) -> tuple[str, ...]:
        """The name of every tag, likeliest first."""
        return self.in_order(self.names)

    def in_order(self, column: Sequence[T]) -> tuple[T, ...]:
        """What a column in the order of the outputs holds, likeliest first. It may be empty."""
        return tuple(map(column.__getitem__, self.order)) if column else ()

    def likeliest(self, count: int | None = None) -> list[TagProbability]:
        """The first `count` tags with their probabilities; all if None."""
        return [
            TagProbability(self.names[place], probability)
            for place, probability in zip(
                self.order[:count], self.probabilities[:count], strict=True
            )
        ]
