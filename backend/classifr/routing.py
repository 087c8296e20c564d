"""A route without what FastAPI does for parameters that it does not have."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction, signature
from typing import Any, cast

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import request_response

_Depend = Callable[[Request], Awaitable[object]]


class DirectRoute(APIRoute):
    """A route that takes the request, as does each of its dependencies, and answers a Response.

    They are declared and documented as anywhere else, and called as they stand: to look for their
    parameters at each request is a sixth of all calls in Python that a prediction takes. That
    holds for a route put among those of the application, whose own dependencies, overrides of
    dependencies and `max_body_size` then mean nothing to it; `include_router` has FastAPI call it.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As FastAPI's own. Raises: TypeError if it, or a dependency, is of another kind."""
        super().__init__(path, endpoint, **options)
        needed = self.dependant.dependencies
        _check_takes(self.dependant, "request", *(str(each.name) for each in needed))
        for each in needed:
            _check_takes(each, "request")
        dependencies = {str(each.name): cast(_Depend, each.call) for each in needed}

        async def handle(request: Request) -> Response:
            values = {name: await depend(request) for name, depend in dependencies.items()}
            return cast(Response, await endpoint(request, **values))

        self.app = request_response(handle)


def _check_takes(dependant: Dependant, *names: str) -> None:
    call = cast(Callable[..., object], dependant.call)
    is_coroutine = iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__)
    takes_request = dependant.request_param_name == "request"
    if not is_coroutine or not takes_request or tuple(signature(call).parameters) != names:
        raise TypeError(f"{call}, of a direct route, is no coroutine function of {names}")
