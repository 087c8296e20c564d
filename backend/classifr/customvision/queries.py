"""Query parameters as Custom Vision's clients write them: in any case, and empty for absent."""

from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

if TYPE_CHECKING:
    from fastapi._compat import ModelField


class AnyCaseQuery(APIRoute):
    """A route that finds its query parameters whatever their case, and passes over empty ones.

    An empty one that has to be there is told like one that is wrong.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI makes of the route, behind the names of its parameters."""
        handle = super().get_route_handler()
        parameters = list(_parameters(self.dependant))
        names = {parameter.alias.lower(): parameter.alias for parameter in parameters}
        needed = {parameter.alias for parameter in parameters if parameter.field_info.is_required()}

        async def find(request: Request) -> Response:
            if request.scope["query_string"]:
                given = request.scope["query_string"].decode("latin-1")
                pairs = parse_qsl(given, keep_blank_values=True)
                named = [(names.get(name.lower(), name), value) for name, value in pairs]
                kept = [(name, value) for name, value in named if value or name in needed]
                if kept != pairs:
                    request.scope["query_string"] = urlencode(kept).encode()
            return await handle(request)

        return find


def _parameters(dependant: Dependant) -> Iterator["ModelField"]:
    """Those of the route, and of everything it depends on."""
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _parameters(dependency)
