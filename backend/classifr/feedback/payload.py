"""The body of POST /feedback, which may hold an image: read only once the caller is known."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from classifr.accounts.dependencies import CurrentUser
from classifr.feedback.schemas import FeedbackCreate


async def read_feedback(request: Request, _: CurrentUser) -> FeedbackCreate:
    """The verdict that was sent. Raises: RequestValidationError."""
    try:
        return FeedbackCreate.model_validate_json(await request.body())
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**problem, "loc": ("body", *problem["loc"])} for problem in problems]
        ) from error


FeedbackBody = Annotated[FeedbackCreate, Depends(read_feedback)]


def feedback_docs() -> dict[str, object]:
    """The OpenAPI request body of a route that reads its own JSON."""
    schema = FeedbackCreate.model_json_schema(ref_template="#/components/schemas/{model}")
    # The answer's schema brings these into the document.
    schema.pop("$defs", None)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
