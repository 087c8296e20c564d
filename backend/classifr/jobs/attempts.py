"""What a worker gives to whoever does a job."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

#: So often is a job begun, whatever interrupts it: an outage, a kill -9, too little memory.
MOST_ATTEMPTS = 10


@dataclass(frozen=True)
class Attempt:
    """One run of a job."""

    row_id: UUID  #: What it is for.
    number: int  #: 1 for the first.

    @property
    def is_last(self) -> bool:
        """Whether an error of this attempt is final."""
        return self.number >= MOST_ATTEMPTS

    @property
    def is_one_too_many(self) -> bool:
        """Whether those before were all interrupted, so that this one may only tell so."""
        return self.number > MOST_ATTEMPTS


#: Does a job. An `Unavailable` has it tried again later; cancelled, it is tried again soon.
Task: TypeAlias = Callable[[Attempt], Awaitable[None]]
