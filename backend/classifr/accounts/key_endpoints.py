"""API keys: made and revoked by people, for their programs."""

from typing import Annotated

from fastapi import APIRouter, Query, status

from classifr.accounts import keys
from classifr.accounts.dependencies import SignedInUser
from classifr.accounts.schemas import KeyCreate, KeyPage, KeyWithSecret, key_read
from classifr.database.models import Role, User
from classifr.dependencies import SessionDep
from classifr.errors import AdminOnly, CursorInvalid, KeyNotFound, LimitReached, Unprocessable
from classifr.openapi import BODY_ERRORS, SIGNED_IN_ERRORS, error_responses
from classifr.paging import RowId, decode_cursor, encode_cursor

router = APIRouter(
    prefix="/auth/keys", tags=["accounts"], responses=error_responses(*SIGNED_IN_ERRORS)
)


@router.get("", summary="List API keys", responses=error_responses(CursorInvalid, Unprocessable))
async def list_keys(
    session: SessionDep,
    user: SignedInUser,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> KeyPage:
    """One's own keys that were not revoked, oldest first; an admin sees everybody's."""
    after_id = decode_cursor(cursor, numbers=1)[0] if cursor is not None else 0
    found = await keys.list_keys(session, user_id=_whose(user), after_id=after_id, limit=limit + 1)
    page = [key_read(key, owner) for key, owner in found[:limit]]
    return KeyPage(items=page, next=encode_cursor(page[-1].id) if len(found) > limit else None)


@router.post(
    "",
    summary="Make an API key",
    status_code=status.HTTP_201_CREATED,
    responses=error_responses(*SIGNED_IN_ERRORS, *BODY_ERRORS, AdminOnly, LimitReached),
)
async def create_key(session: SessionDep, user: SignedInUser, payload: KeyCreate) -> KeyWithSecret:
    """The key acts for this account within its scopes. It is shown only in this answer."""
    new = await keys.create_key(session, user=user, name=payload.name, scopes=payload.scopes)
    return KeyWithSecret(**key_read(new.row, user).model_dump(), key=new.key)


@router.delete(
    "/{key_id}",
    summary="Revoke an API key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=error_responses(KeyNotFound, Unprocessable),
)
async def revoke_key(session: SessionDep, user: SignedInUser, key_id: RowId) -> None:
    """It ends within a second. An admin may revoke everybody's."""
    await keys.revoke_key(session, key_id=key_id, user_id=_whose(user))


def _whose(user: User) -> int | None:
    return None if user.role == Role.ADMIN else user.id
