"""Queries on accounts and their keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import ApiKey, Role, User
from classifr.database.models.base import Base
from classifr.database.session import Database, driver_form

M = TypeVar("M", bound=Base)

# Any constant serves, as long as all processes take the same.
_FIRST_ADMIN_LOCK = 0x61646D69

# What requests ask first: a session around them makes three times as many calls.
_USER_BY_ID = driver_form(select(User).where(User.id == bindparam("id")))
_KEY_BY_HASH = driver_form(
    select(ApiKey, User)
    .join(User, User.id == ApiKey.user_id)
    .where(ApiKey.key_sha256 == bindparam("key_sha256"))
)


async def read_user(database: Database, user_id: int) -> User | None:
    """The account with this id."""
    for row in await database.execute_alone(_USER_BY_ID, user_id):
        return _entity(User, row)
    return None


async def lock_user(session: AsyncSession, user_id: int) -> User | None:
    """The account with this id as it is now, locked until the transaction ends."""
    return await session.get(User, user_id, with_for_update=True, populate_existing=True)


async def find_user(session: AsyncSession, username: str) -> User | None:
    """The account with this name, in any case of letters."""
    if "\0" in username:  # PostgreSQL has no such text.
        return None
    query = select(User).where(func.lower(User.username) == func.lower(username.strip()))
    return await session.scalar(query)


async def list_users(session: AsyncSession, *, after_id: int, limit: int) -> Sequence[User]:
    """Accounts with larger ids than `after_id`, oldest first."""
    query = select(User).where(User.id > after_id).order_by(User.id).limit(limit)
    return (await session.scalars(query)).all()


async def lock_active_admins(session: AsyncSession) -> Sequence[User]:
    """Admins who can sign in, locked until the transaction ends."""
    query = (
        select(User)
        .where(User.role == Role.ADMIN, User.is_disabled.is_(False))
        .order_by(User.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


async def lock_first_admin(session: AsyncSession) -> None:
    """Hold a lock until the transaction ends, which one process at a time can have."""
    await session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _FIRST_ADMIN_LOCK})


async def first_active_admin(session: AsyncSession) -> User | None:
    """The oldest account that can administer."""
    query = select(User).where(User.role == Role.ADMIN, User.is_disabled.is_(False))
    return await session.scalar(query.order_by(User.id).limit(1))


async def read_key(database: Database, key_sha256: str) -> tuple[ApiKey, User] | None:
    """The key with this hash, revoked or not, and the account that made it."""
    for row in await database.execute_alone(_KEY_BY_HASH, key_sha256):
        width = len(ApiKey.__table__.columns)
        return _entity(ApiKey, row[:width]), _entity(User, row[width:])
    return None


async def lock_key(session: AsyncSession, key_id: int) -> ApiKey | None:
    """The key with this id as it is now, locked until the transaction ends."""
    return await session.get(ApiKey, key_id, with_for_update=True, populate_existing=True)


async def list_keys(
    session: AsyncSession, *, user_id: int | None, after_id: int, limit: int
) -> Sequence[tuple[ApiKey, User]]:
    """Keys that were not revoked, oldest first, with their accounts."""
    query = (
        select(ApiKey, User)
        .join(User, User.id == ApiKey.user_id)
        .where(ApiKey.revoked_at.is_(None), ApiKey.id > after_id)
        .order_by(ApiKey.id)
        .limit(limit)
    )
    if user_id is not None:
        query = query.where(ApiKey.user_id == user_id)
    return [(key, user) for key, user in await session.execute(query)]


async def count_keys(session: AsyncSession, *, user_id: int) -> int:
    """How many keys of the account were not revoked."""
    query = select(func.count()).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return await session.scalar(query) or 0


async def note_key_use(session: AsyncSession, key_id: int, used_at: datetime) -> None:
    """Write down when a key was last used."""
    await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=used_at))


def _entity(model: type[M], values: Sequence[object]) -> M:
    """values: of every column, in the order of the model."""
    return model(**dict(zip(model.__table__.columns.keys(), values, strict=True)))
