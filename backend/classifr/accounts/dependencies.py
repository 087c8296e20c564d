"""Who is asking: every route takes one of the aliases at the end, such as `CurrentUser`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.base import SecurityBase

from classifr.accounts import keys, service
from classifr.database.models import Role, Scope, User
from classifr.dependencies import state_of
from classifr.errors import AdminOnly, NotSignedIn, ScopeMissing
from classifr.openapi import API_KEY_HEADER
from classifr.state import State

_bearer = OAuth2PasswordBearer(
    tokenUrl="/auth/token",
    auto_error=False,
    description="A token from `POST /auth/token`, or an API key: `Authorization: Bearer clf_...`.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. scopes: of the API key; None for a person with a token."""

    user: User
    scopes: frozenset[str] | None

    def may(self, scope: Scope) -> bool:
        """Whether the credentials reach so far; the role is another matter."""
        return self.scopes is None or scope in self.scopes


async def allow_anyone() -> None:
    """Marks a route as open on purpose."""


class Authorized(SecurityBase):
    """A dependency that gives the account behind a request whose credentials reach far enough.

    One, not a second one within it for the token: every dependency costs every request.
    """

    def __init__(self, check: Callable[[Caller], None]) -> None:
        """check: raises what to answer to a caller who is known, but not let in."""
        # What FastAPI writes into the OpenAPI document.
        self.model, self.scheme_name = _bearer.model, _bearer.scheme_name
        self._check = check

    async def __call__(self, request: Request) -> User:
        """Raises: NotSignedIn and its kinds; what the check does."""
        caller = await _identify(request, await _bearer(request))
        self._check(caller)
        return caller.user


def _check_nothing(_: Caller) -> None:
    """Whatever the credentials reach."""


def _check_may_classify(caller: Caller) -> None:
    if not caller.may(Scope.PREDICT):
        raise ScopeMissing("This API key may not classify. Ask for one with the scope `predict`.")


def _check_may_train(caller: Caller) -> None:
    # A key stops to train as soon as whoever made it is no admin any more.
    if not caller.may(Scope.TRAIN):
        raise ScopeMissing("This API key may not train. Ask an admin for one with scope `train`.")
    if caller.user.role != Role.ADMIN:
        raise AdminOnly


def _check_is_person(caller: Caller) -> None:
    if caller.scopes is not None:
        raise ScopeMissing("No API key may do that. Sign in with a username and a password.")


#: Raises: NotSignedIn and its kinds.
require_any_user = Authorized(_check_nothing)
#: May classify. Raises: NotSignedIn and its kinds, ScopeMissing.
require_user = Authorized(_check_may_classify)
#: An admin; a key has to reach trainings. Raises: as the one before, AdminOnly.
require_trainer = Authorized(_check_may_train)
#: A person. Raises: NotSignedIn and its kinds, ScopeMissing.
require_signed_in = Authorized(_check_is_person)


async def require_admin(user: Annotated[User, Depends(require_signed_in)]) -> User:
    """The account of a person who is an admin. Raises: AdminOnly."""
    if user.role != Role.ADMIN:
        raise AdminOnly
    return user


async def identify_key(state: State, secret: str) -> Caller:
    """Whose API key it is. Raises: ApiKeyInvalid."""
    row, user = await keys.authenticate(state.database, state.recent_keys, secret)
    structlog.contextvars.bind_contextvars(user_id=user.id, api_key_id=row.id)
    return Caller(user, frozenset(row.scopes))


async def _identify(request: Request, token: str | None) -> Caller:
    state = state_of(request)
    if token and not token.startswith(keys.KEY_START):
        user = await service.authenticate(
            state.database, state.token_signer, state.recent_accounts, token
        )
        structlog.contextvars.bind_contextvars(user_id=user.id)
        return Caller(user, None)
    # A dependency of its own for this header would cost every request as much as signing in.
    secret = token or request.headers.get(API_KEY_HEADER)
    if not secret:
        raise NotSignedIn
    return await identify_key(state, secret)


Anyone = Depends(allow_anyone)
AnyUser = Annotated[User, Depends(require_any_user)]
CurrentUser = Annotated[User, Depends(require_user)]
TrainerUser = Annotated[User, Depends(require_trainer)]
SignedInUser = Annotated[User, Depends(require_signed_in)]
AdminUser = Annotated[User, Depends(require_admin)]
