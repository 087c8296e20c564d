"""API keys: how programs sign in. A key acts for the account that made it, within its scopes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.accounts import repository
from classifr.accounts.recent import RecentKeys
from classifr.database.models import ApiKey, Role, Scope, User
from classifr.database.session import Database
from classifr.errors import AdminOnly, ApiKeyInvalid, KeyNotFound, LimitReached

KEY_START = "clf_"  #: Tells a key from a token, and makes it found where it should not lie.
MAX_KEYS = 100  #: Of one account, at a time.

_RANDOM_BYTES = 32
_SHOWN_CHARACTERS = 12
_MAX_LENGTH = 200  # Ours have 47 characters.
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewKey:
    """A key that was just made, and the secret itself, which is kept nowhere."""

    row: ApiKey
    key: str


async def create_key(
    session: AsyncSession, *, user: User, name: str, scopes: Sequence[Scope]
) -> NewKey:
    """Make a key for `user`.

    Raises: AdminOnly if the account may not train and the key shall; LimitReached.
    """
    if Scope.TRAIN in scopes and user.role != Role.ADMIN:
        raise AdminOnly("Only an admin's key may train.")
    if await repository.count_keys(session, user_id=user.id) >= MAX_KEYS:
        raise LimitReached(f"The account has {MAX_KEYS} keys, the most it may. Revoke one first.")
    key = KEY_START + secrets.token_urlsafe(_RANDOM_BYTES)
    row = ApiKey(
        user_id=user.id,
        name=name,
        prefix=key[:_SHOWN_CHARACTERS],
        key_sha256=_hash(key),
        scopes=sorted(set(scopes)),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return NewKey(row, key)


async def list_keys(
    session: AsyncSession, *, user_id: int | None, after_id: int, limit: int
) -> Sequence[tuple[ApiKey, User]]:
    """Keys that were not revoked and whose they are, oldest first. user_id: None is everybody."""
    return await repository.list_keys(session, user_id=user_id, after_id=after_id, limit=limit)


async def revoke_key(session: AsyncSession, *, key_id: int, user_id: int | None) -> ApiKey:
    """End a key within a second. user_id: whose it has to be, if not anybody's.

    Raises: KeyNotFound.
    """
    key = await repository.lock_key(session, key_id)
    if key is None or key.revoked_at is not None or user_id not in (None, key.user_id):
        raise KeyNotFound
    key.revoked_at = datetime.now(UTC)
    return key


async def authenticate(database: Database, recent: RecentKeys, key: str) -> tuple[ApiKey, User]:
    """The key's row and the account it acts for, as they were half a second ago or later.

    Raises: ApiKeyInvalid if it is not ours, was revoked, or its account is disabled.
    """
    if not key.startswith(KEY_START) or len(key) > _MAX_LENGTH:
        raise ApiKeyInvalid
    hashed = _hash(key)
    found = recent.get(hashed)
    if found is None:
        found = await repository.read_key(database, hashed)
        if found is None:
            raise ApiKeyInvalid
        recent.keep(hashed, found)
        await _note_use(database, found[0])
    row, user = found
    if row.revoked_at is not None or user.is_disabled:
        raise ApiKeyInvalid
    return row, user


async def _note_use(database: Database, row: ApiKey) -> None:
    now = datetime.now(UTC)
    if row.last_used_at is None or now - row.last_used_at >= _USE_NOTED_EVERY:
        async with database.lone_statement() as session:
            await repository.note_key_use(session, row.id, now)


def _hash(key: str) -> str:
    # 256 random bits cannot be guessed, so a fast hash is enough.
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
