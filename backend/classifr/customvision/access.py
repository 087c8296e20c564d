"""Who is asking: every route takes `TrainingKey` or `PredictionKey`, or is `Anyone`'s."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import wraps
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant

from classifr.accounts.dependencies import identify_key
from classifr.customvision.queries import AnyCaseQuery
from classifr.database.models import Role, Scope, User
from classifr.dependencies import StateDep, state_of
from classifr.errors import AdminOnly, NotSignedIn, ScopeMissing
from classifr.state import State

Requirement = Callable[[Request, State], Awaitable[User]]

#: Where clients put a key. Some send both, one of them for the other client.
TRAINING_HEADER = "Training-Key"
PREDICTION_HEADER = "Prediction-Key"
ANY_HEADER = "Ocp-Apim-Subscription-Key"


def _asked_once(require: Requirement) -> Requirement:
    """The same, which within a request knows the second time whom it let in."""

    @wraps(require)
    async def ask(request: Request, state: State) -> User:
        let_in: dict[Requirement, User] = request.scope.setdefault("classifr.let_in", {})
        if require not in let_in:
            let_in[require] = await require(request, state)
        return let_in[require]

    return ask


@_asked_once
async def require_training_key(request: Request, state: StateDep) -> User:
    """The account of a key that may train, which is an admin's.

    Raises: NotSignedIn, ApiKeyInvalid, ScopeMissing, AdminOnly.
    """
    secret = _first_of(request, TRAINING_HEADER, ANY_HEADER, PREDICTION_HEADER)
    user = await _account(state, secret, Scope.TRAIN)
    if user.role != Role.ADMIN:
        raise AdminOnly
    return user


@_asked_once
async def require_prediction_key(request: Request, state: StateDep) -> User:
    """The account of a key that may classify. Raises: NotSignedIn, ApiKeyInvalid, ScopeMissing."""
    secret = _first_of(request, PREDICTION_HEADER, ANY_HEADER, TRAINING_HEADER)
    return await _account(state, secret, Scope.PREDICT)


def _first_of(request: Request, *headers: str) -> str | None:
    return next((secret for name in headers if (secret := request.headers.get(name))), None)


async def _account(state: State, secret: str | None, scope: Scope) -> User:
    if secret is None:
        raise NotSignedIn
    caller = await identify_key(state, secret.strip())
    if not caller.may(scope):
        raise ScopeMissing
    return caller.user


class KeyFirst(AnyCaseQuery):
    """A route that takes a key, and asks for it before the body is read.

    FastAPI alone reads the body before it comes to any dependency, also a stranger's.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI makes of the route, behind the one requirement of its dependencies."""
        handle = super().get_route_handler()
        (require,) = set(_requirements(self.dependant))

        async def admit(request: Request) -> Response:
            await require(request, state_of(request))
            return await handle(request)

        return admit


def _requirements(dependant: Dependant) -> Iterator[Requirement]:
    for dependency in dependant.dependencies:
        for require in (require_training_key, require_prediction_key):
            if dependency.call is require:
                yield require
        yield from _requirements(dependency)


TrainingKey = Annotated[User, Depends(require_training_key)]
PredictionKey = Annotated[User, Depends(require_prediction_key)]
