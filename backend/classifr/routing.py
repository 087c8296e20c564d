"""A route without what FastAPI does for parameters that it does not have."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import cast

from fastapi import Request, Response
from fastapi.routing import APIRoute

_Depend = Callable[[Request], Awaitable[object]]


class DirectRoute(APIRoute):
    """A route that takes the request, as does each of its dependencies, and answers a Response.

    They are declared and documented as anywhere else, and called as they stand: to look for their
    parameters at each request is a fifth of all calls in Python that a prediction takes. A
    dependency that `include_router` adds is not called.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """The dependencies in their order, then the route. Raises: TypeError if any takes more."""
        endpoint = cast(Callable[..., Awaitable[Response]], self.endpoint)
        dependencies = {
            str(needed.name): cast(_Depend, needed.call) for needed in self.dependant.dependencies
        }
        _check_takes(endpoint, "request", *dependencies)
        for depend in dependencies.values():
            _check_takes(depend, "request")

        async def handle(request: Request) -> Response:
            values = {name: await depend(request) for name, depend in dependencies.items()}
            return await endpoint(request, **values)

        return handle


def _check_takes(call: Callable[..., object], *names: str) -> None:
    parameters = tuple(inspect.signature(call).parameters)
    if parameters != names:
        raise TypeError(f"{call} of a direct route takes {parameters}, not {names}")
