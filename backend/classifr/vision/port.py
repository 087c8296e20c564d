"""What any engine that classifies can do."""

from dataclasses import dataclass
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import Field

#: The iteration that ships with the engine: the backbone's own thousand tags.
IMAGENET_ITERATION_ID = UUID("00000000-0000-4000-8000-000000000001")


@dataclass(slots=True)
class TagProbability:
    """One tag and how likely it is."""

    # No pydantic model, because an answer holds a thousand of them; it is shown as it is.
    tag: Annotated[str, Field(examples=["pizza"])]
    probability: Annotated[float, Field(ge=0, le=1, examples=[0.93])]


@dataclass(frozen=True)
class Classification:
    """The answer of one iteration for one image."""

    iteration: str  #: The name of the iteration that answered.
    iteration_id: UUID
    predictions: list[TagProbability]  #: Every tag, likeliest first.


class Vision(Protocol):
    """Classifies images. Opened once a process, then used by many requests at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether it can answer now."""

    async def open(self) -> None:
        """Load what it needs to answer. Raises: BackboneInvalid if that is damaged."""

    async def close(self) -> None:
        """Finish what is running and let go of everything."""

    async def classify(self, data: bytes) -> Classification:
        """Every tag's probability for the image file `data`.

        Raises: ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable;
        Overloaded if too many images wait already; NotReady before `open`.
        """

    async def tags(self) -> tuple[str, ...]:
        """The tags of the iteration that answers now, in its own order.

        Raises: NotReady before `open`.
        """
