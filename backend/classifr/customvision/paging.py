"""Pages of results: the token that asks for one, and for the next."""

from collections.abc import Callable
from typing import Annotated, Self, TypeVar
from uuid import uuid4

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.wire import Text, WireModel

#: The largest number of 32 bits, in which the service counts.
_MOST_COUNT = 2**31 - 1

Place = TypeVar("Place")


def _check_count(count: int) -> int:
    if count < 0:
        raise PydanticCustomError(
            ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS, "maxCount: it is 0 or more."
        )
    if count > _MOST_COUNT:
        raise PydanticCustomError(
            ErrorCode.PREDICTION_RESULTS_EXCEEDED_COUNT, f"maxCount: it is {_MOST_COUNT} at most."
        )
    return count


class QueryToken(WireModel):
    """Where the last page ended, and how many results the next one may have."""

    session: Text | None = None
    continuation: Text | None = None
    max_count: Annotated[int, AfterValidator(_check_count)] = 0

    @model_validator(mode="before")
    @classmethod
    def _take_null_for_nothing(cls, body: object) -> object:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}

    def place(self, read: Callable[[str], Place]) -> Place | None:
        """Where the last page ended; None for the first one.

        read: makes a place of our own text, a ValueError of any other.
        Raises: Refused.
        """
        if not self.continuation:
            return None
        try:
            return read(self.continuation)
        except ValueError:
            raise Refused(
                ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS,
                "continuation: it is none of ours. Start again without it.",
            ) from None

    def page_size(self, most: int) -> int:
        """How many results the next page has, `most` if none is said.

        Whoever asks for more gets the rest with the continuation.
        """
        return min(self.max_count or most, most)

    def following(self, continuation: str | None) -> Self:
        """The token of the next page. continuation: None if there is none."""
        # A session says nothing to us: where a page ended is all there is to remember.
        session = self.session or f"1:{uuid4().hex[:12]}"
        return self.model_copy(update={"session": session, "continuation": continuation})
