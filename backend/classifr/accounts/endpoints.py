"""POST /auth/token and one's own account; users, for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status
from fastapi.security import OAuth2PasswordRequestForm

from classifr.accounts import service
from classifr.accounts.dependencies import AdminUser, Anyone, AnyUser, SignedInUser
from classifr.accounts.schemas import (
    PasswordChange,
    PasswordReset,
    TokenRead,
    UserCreate,
    UserPage,
    UserRead,
    UserUpdate,
    UserWithPassword,
)
from classifr.accounts.tokens import TokenSigner
from classifr.database.models import User
from classifr.dependencies import SessionDep, StateDep
from classifr.errors import (
    CredentialsWrong,
    CursorInvalid,
    DatabaseUnavailable,
    LastAdmin,
    PasswordRejected,
    TooManyAttempts,
    Unprocessable,
    UsernameTaken,
    UserNotFound,
)
from classifr.openapi import ADMIN_ERRORS, BODY_ERRORS, SIGNED_IN_ERRORS, error_responses
from classifr.paging import RowId, decode_cursor, encode_cursor

auth = APIRouter(prefix="/auth", tags=["accounts"])
users = APIRouter(
    prefix="/admin/users", tags=["users (admin)"], responses=error_responses(*ADMIN_ERRORS)
)

_SIGN_IN_EXAMPLE = {"grant_type": "password", "username": "lucia", "password": "her password"}


@auth.post(
    "/token",
    summary="Sign in",
    dependencies=[Anyone],
    responses=error_responses(*BODY_ERRORS, CredentialsWrong, TooManyAttempts, DatabaseUnavailable),
    openapi_extra={
        "requestBody": {
            "content": {"application/x-www-form-urlencoded": {"example": _SIGN_IN_EXAMPLE}}
        }
    },
)
async def create_token(
    request: Request, state: StateDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> TokenRead:
    """Exchange a username and a password for a bearer token (OAuth2 password form)."""
    user = await service.sign_in(
        state.database,
        state.password_hasher,
        state.settings.accounts,
        username=form.username,
        password=form.password,
        address=_address(request),
    )
    return _token(state.token_signer, user)


@auth.get("/me", summary="The signed-in account", responses=error_responses(*SIGNED_IN_ERRORS))
async def read_me(user: AnyUser) -> UserRead:
    """Who the token, or the API key, speaks for."""
    return UserRead.model_validate(user)


@auth.post(
    "/password",
    summary="Change one's own password",
    responses=error_responses(
        *SIGNED_IN_ERRORS, *BODY_ERRORS, CredentialsWrong, PasswordRejected, TooManyAttempts
    ),
)
async def change_password(
    request: Request, state: StateDep, user: SignedInUser, payload: PasswordChange
) -> TokenRead:
    """Every token issued before ends; the answer holds a new one."""
    changed = await service.change_own_password(
        state.database,
        state.password_hasher,
        state.settings.accounts,
        user=user,
        current_password=payload.current_password,
        new_password=payload.new_password,
        address=_address(request),
    )
    return _token(state.token_signer, changed)


@auth.post(
    "/logout-everywhere",
    summary="Sign out everywhere",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(*SIGNED_IN_ERRORS),
)
async def logout_everywhere(session: SessionDep, user: SignedInUser) -> None:
    """End every token of this account, this one included."""
    await service.end_all_tokens(session, user_id=user.id)


@users.get("", summary="List users", responses=error_responses(CursorInvalid, Unprocessable))
async def list_users(
    session: SessionDep,
    _: AdminUser,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> UserPage:
    """Accounts, oldest first."""
    after_id = decode_cursor(cursor, numbers=1)[0] if cursor is not None else 0
    found = await service.list_users(session, after_id=after_id, limit=limit + 1)
    page = [UserRead.model_validate(user) for user in found[:limit]]
    return UserPage(items=page, next=encode_cursor(page[-1].id) if len(found) > limit else None)


@users.post(
    "",
    summary="Create a user",
    status_code=status.HTTP_201_CREATED,
    responses=error_responses(*BODY_ERRORS, UsernameTaken, PasswordRejected),
)
async def create_user(
    session: SessionDep, state: StateDep, _: AdminUser, payload: UserCreate
) -> UserWithPassword:
    """Without a password one is generated; it is shown only in this answer."""
    created = await service.create_user(
        session,
        state.password_hasher,
        state.settings.accounts,
        username=payload.username,
        role=payload.role,
        password=payload.password,
    )
    return _with_password(created)


@users.patch(
    "/{user_id}",
    summary="Change a user's role, or disable them",
    responses=error_responses(*BODY_ERRORS, UserNotFound, LastAdmin),
)
async def update_user(
    session: SessionDep, _: AdminUser, user_id: RowId, payload: UserUpdate
) -> UserRead:
    """The account's tokens end, so the change acts at once."""
    user = await service.update_user(
        session, user_id=user_id, role=payload.role, is_disabled=payload.is_disabled
    )
    return UserRead.model_validate(user)


@users.post(
    "/{user_id}/reset-password",
    summary="Reset a user's password",
    responses=error_responses(*BODY_ERRORS, UserNotFound, PasswordRejected),
)
async def reset_password(
    session: SessionDep, state: StateDep, _: AdminUser, user_id: RowId, payload: PasswordReset
) -> UserWithPassword:
    """Without a password one is generated; it is shown only in this answer."""
    reset = await service.reset_password(
        session,
        state.password_hasher,
        state.settings.accounts,
        user_id=user_id,
        password=payload.password,
    )
    return _with_password(reset)


def _token(signer: TokenSigner, user: User) -> TokenRead:
    return TokenRead(
        access_token=service.issue_token(signer, user),
        expires_in=int(signer.lifetime.total_seconds()),
    )


def _with_password(new: service.NewPassword) -> UserWithPassword:
    return UserWithPassword(user=UserRead.model_validate(new.user), password=new.generated)


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None
