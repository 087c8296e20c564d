"""Queries on accounts."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Role, User

# Any constant serves, as long as all processes take the same.
_FIRST_ADMIN_LOCK = 0x61646D69


async def get_user(session: AsyncSession, user_id: int) -> User | None:
    """The account with this id."""
    return await session.get(User, user_id)


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
