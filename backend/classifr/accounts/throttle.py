"""Failed sign-ins are counted per account and per address, in the database."""

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import SignInAttempts
from classifr.errors import TooManyAttempts
from classifr.settings import AccountsSettings


async def count_attempt(
    session: AsyncSession, settings: AccountsSettings, *, username: str, address: str | None
) -> None:
    """Count one attempt before the password is checked, so that parallel guesses count too.

    Raises: TooManyAttempts, with the seconds to wait, once either limit is passed.
    """
    window = timedelta(minutes=settings.attempts_window_minutes)
    limits = {_account_key(username): settings.attempts_per_account}
    if address is not None:
        limits[_address_key(address)] = settings.attempts_per_address
    # In one order always, so that two sign-ins never wait for each other.
    for key, limit in sorted(limits.items()):
        attempts, started_at = await _increment(session, key, window)
        if attempts > limit:
            wait = (started_at + window - datetime.now(UTC)).total_seconds()
            raise TooManyAttempts(retry_after_seconds=max(1, round(wait)))


async def forgive_attempts(session: AsyncSession, *, username: str, address: str | None) -> None:
    """After a success, clear the account's count and take this attempt off the address's."""
    await clear_account(session, username=username)
    if address is not None:
        await session.execute(
            update(SignInAttempts)
            .where(SignInAttempts.key == _address_key(address), SignInAttempts.attempts > 0)
            .values(attempts=SignInAttempts.attempts - 1)
        )


async def clear_account(session: AsyncSession, *, username: str) -> None:
    """Let an account sign in at once, such as after an admin reset its password."""
    await session.execute(
        delete(SignInAttempts).where(SignInAttempts.key == _account_key(username))
    )


async def delete_old_attempts(session: AsyncSession, settings: AccountsSettings) -> None:
    """Drop the counts whose window is over."""
    window = timedelta(minutes=settings.attempts_window_minutes)
    await session.execute(
        delete(SignInAttempts).where(SignInAttempts.window_started_at < func.now() - window)
    )


async def _increment(session: AsyncSession, key: str, window: timedelta) -> tuple[int, datetime]:
    is_over = SignInAttempts.window_started_at < func.now() - window
    statement = (
        insert(SignInAttempts)
        .values(key=key, attempts=1, window_started_at=func.now())
        .on_conflict_do_update(
            index_elements=[SignInAttempts.key],
            set_={
                "attempts": case((is_over, 1), else_=SignInAttempts.attempts + 1),
                "window_started_at": case(
                    (is_over, func.now()), else_=SignInAttempts.window_started_at
                ),
            },
        )
        .returning(SignInAttempts.attempts, SignInAttempts.window_started_at)
    )
    attempts, started_at = (await session.execute(statement)).one()
    return attempts, started_at


def _account_key(username: str) -> str:
    return f"account:{_digest(username.strip().lower())}"


def _address_key(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{_digest(address)}"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped  # So a socket that takes both kinds shows an IPv4 client.
    # One IPv6 customer usually holds a whole /64.
    network = ipaddress.ip_network((ip, 64 if ip.version == 6 else 32), strict=False)
    return f"address:{_digest(str(network))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
