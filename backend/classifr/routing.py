"""A route without what FastAPI does for parameters that it does not have."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import request_response

_Depend = Callable[[Request], Awaitable[object]]


class DirectRoute(APIRoute):
    """A route that takes the request, as does each of its dependencies, and answers a Response.

    They are declared and documented as anywhere else, and called as they stand: to look for their
    parameters at each request is a fifth of all calls in Python that a prediction takes. That
    holds for a route put among those of the application; `include_router` has FastAPI call it.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As FastAPI's own. Raises: TypeError if the endpoint or a dependency takes more."""
        super().__init__(path, endpoint, **options)
        dependencies = {
            str(needed.name): cast(_Depend, needed.call) for needed in self.dependant.dependencies
        }
        _check_takes(endpoint, "request", *dependencies)
        for depend in dependencies.values():
            _check_takes(depend, "request")

        async def handle(request: Request) -> Response:
            values = {name: await depend(request) for name, depend in dependencies.items()}
            return cast(Response, await endpoint(request, **values))

        self.app = request_response(handle)


def _check_takes(call: Callable[..., object], *names: str) -> None:
    parameters = tuple(inspect.signature(call).parameters)
    if parameters != names:
        raise TypeError(f"{call} of a direct route takes {parameters}, not {names}")
