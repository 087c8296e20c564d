"""Who is asking: every route takes `TrainingKey` or `PredictionKey`, or is `Anyone`'s."""

from typing import Annotated

from fastapi import Depends, Request

from classifr.accounts.dependencies import identify_key
from classifr.database.models import Role, Scope, User
from classifr.dependencies import StateDep
from classifr.errors import AdminOnly, NotSignedIn, ScopeMissing
from classifr.state import State

#: Where clients put a key. Some send both, one of them for the other client.
TRAINING_HEADER = "Training-Key"
PREDICTION_HEADER = "Prediction-Key"
ANY_HEADER = "Ocp-Apim-Subscription-Key"


async def require_training_key(request: Request, state: StateDep) -> User:
    """The account of a key that may train, which is an admin's.

    Raises: NotSignedIn, ApiKeyInvalid, ScopeMissing, AdminOnly.
    """
    secret = _first_of(request, TRAINING_HEADER, ANY_HEADER, PREDICTION_HEADER)
    user = await _account(state, secret, Scope.TRAIN)
    if user.role != Role.ADMIN:
        raise AdminOnly
    return user


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


TrainingKey = Annotated[User, Depends(require_training_key)]
PredictionKey = Annotated[User, Depends(require_prediction_key)]
