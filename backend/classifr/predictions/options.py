"""What may be said of a prediction in the address.

A route reads it itself, as it reads its images: for four parameters, sent or not, FastAPI makes a
fifth of all the calls in Python that a prediction takes.
"""

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from classifr.vision.schemas import MOST_NAME_CHARACTERS, MOST_SHORT_NAME_CHARACTERS
from classifr.vision.values import Target

Project = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=MOST_NAME_CHARACTERS,
        description="Whose model is to answer: its id or exact name. Default: the default one.",
    ),
]
PublishedName = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=MOST_SHORT_NAME_CHARACTERS,
        description="Which of its published iterations. Default: the one published last.",
    ),
]


class Options(BaseModel):
    """The query of `POST /predict`, for one image or a batch."""

    project: Project = None
    published_name: PublishedName = None
    store: bool = Field(
        True, description="Keep the image until its verdict. If false, a NOK must send it again."
    )
    top: int | None = Field(None, ge=1, description="Only the likeliest tags. Default: all.")

    @property
    def target(self) -> Target:
        """Who is to answer."""
        return Target(self.project, self.published_name)


def read_options(request: Request) -> Options:
    """Raises: RequestValidationError, as FastAPI does."""
    try:
        return Options.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError(
            [{**problem, "loc": ("query", *problem["loc"])} for problem in error.errors()]
        ) from error


def options_docs() -> dict[str, Any]:
    """The parameters in the OpenAPI document, as FastAPI would write them."""
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": {key: value for key, value in schema.items() if value is not None},
                "description": schema["description"],
            }
            for name, schema in Options.model_json_schema()["properties"].items()
        ]
    }
