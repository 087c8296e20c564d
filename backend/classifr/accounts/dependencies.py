"""Who is asking: every route takes one of `CurrentUser`, `AdminUser` or `Anyone`."""

from typing import Annotated

import structlog
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from classifr.accounts import service
from classifr.database.models import Role, User
from classifr.dependencies import StateDep
from classifr.errors import AdminOnly, NotSignedIn

_bearer = OAuth2PasswordBearer(tokenUrl="/auth/token", auto_error=False)


async def allow_anyone() -> None:
    """Marks a route as open on purpose."""


async def require_user(state: StateDep, token: Annotated[str | None, Depends(_bearer)]) -> User:
    """The signed-in account. Raises: NotSignedIn, TokenInvalid."""
    if not token:
        raise NotSignedIn
    user = await service.authenticate(
        state.database, state.token_signer, state.recent_accounts, token
    )
    structlog.contextvars.bind_contextvars(user_id=user.id)
    return user


async def require_admin(user: Annotated[User, Depends(require_user)]) -> User:
    """The signed-in account, which is an admin's. Raises: AdminOnly."""
    if user.role != Role.ADMIN:
        raise AdminOnly
    return user


Anyone = Depends(allow_anyone)
CurrentUser = Annotated[User, Depends(require_user)]
AdminUser = Annotated[User, Depends(require_admin)]
