"""Signing in, and the care of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.accounts import repository, throttle
from classifr.accounts.passwords import MAX_PASSWORD_LENGTH, PasswordHasher, generate_password
from classifr.accounts.recent import RecentAccounts
from classifr.accounts.tokens import TokenClaims, TokenSigner
from classifr.database.models import Role, User
from classifr.database.session import Database
from classifr.errors import (
    CredentialsWrong,
    LastAdmin,
    PasswordRejected,
    TokenInvalid,
    UsernameTaken,
    UserNotFound,
)
from classifr.settings import AccountsSettings

logger = structlog.get_logger()

FIRST_ADMIN = "admin"


@dataclass(frozen=True)
class NewPassword:
    """An account whose password was set. generated: the password, if we chose it."""

    user: User
    generated: str | None


async def sign_in(
    database: Database,
    hasher: PasswordHasher,
    settings: AccountsSettings,
    *,
    username: str,
    password: str,
    address: str | None,
) -> User:
    """The account whose name and password these are.

    The attempt is counted in a transaction of its own, so that it stays counted when the
    sign-in fails.
    Raises: CredentialsWrong, TooManyAttempts.
    """
    async with database.transaction() as session:
        await throttle.count_attempt(session, settings, username=username, address=address)
        user = await repository.find_user(session, username)
    password_hash = user.password_hash if user else None
    if not await hasher.matches(password, password_hash) or user is None or user.is_disabled:
        logger.info("sign_in_failed", address=address)
        raise CredentialsWrong
    async with database.transaction() as session:
        await throttle.forgive_attempts(session, username=username, address=address)
    return user


async def authenticate(
    database: Database, signer: TokenSigner, recent: RecentAccounts, token: str
) -> User:
    """The account a bearer token speaks for, as the database had it half a second ago or later.

    Raises: TokenInvalid if the token is bad, or the account disabled or signed out since.
    """
    # What is remembered may let a token in a moment longer, never keep a new one out.
    if remembered := recent.get(token):
        return remembered
    claims = signer.read(token)
    user = await repository.read_user(database, claims.user_id)
    if user is None or user.is_disabled or user.token_version != claims.token_version:
        raise TokenInvalid
    recent.keep(token, user)
    return user


def issue_token(signer: TokenSigner, user: User) -> str:
    """A token for `user`."""
    return signer.sign(TokenClaims(user_id=user.id, token_version=user.token_version))


async def change_own_password(
    database: Database,
    hasher: PasswordHasher,
    settings: AccountsSettings,
    *,
    user: User,
    current_password: str,
    new_password: str,
    address: str | None,
) -> User:
    """Set a user's own password; every token issued before ends.

    Raises: CredentialsWrong, PasswordRejected, TooManyAttempts.
    """
    check_password(settings, user.username, new_password)
    verified = await sign_in(
        database,
        hasher,
        settings,
        username=user.username,
        password=current_password,
        address=address,
    )
    password_hash = await hasher.hash(new_password)
    async with database.transaction() as session:
        changed = await _locked_user(session, user.id)
        if changed.token_version != verified.token_version:
            # Somebody reset the account meanwhile: theirs is the last word.
            raise CredentialsWrong
        changed.password_hash = password_hash
        changed.token_version += 1
    return changed


async def end_all_tokens(session: AsyncSession, *, user_id: int) -> None:
    """Sign an account out everywhere."""
    user = await _locked_user(session, user_id)
    user.token_version += 1


async def create_user(
    session: AsyncSession,
    hasher: PasswordHasher,
    settings: AccountsSettings,
    *,
    username: str,
    role: Role,
    password: str | None,
) -> NewPassword:
    """Add an account; without a password one is generated.

    Raises: UsernameTaken, PasswordRejected.
    """
    if await repository.find_user(session, username) is not None:
        raise UsernameTaken
    chosen = _chosen_password(settings, username, password)
    user = User(
        username=username,
        role=role,
        password_hash=await hasher.hash(chosen),
        is_disabled=False,
        token_version=0,
    )
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        # Another request took the name between the look and the insert.
        raise UsernameTaken from error
    await session.refresh(user)
    return NewPassword(user, generated=None if password else chosen)


async def update_user(
    session: AsyncSession, *, user_id: int, role: Role | None, is_disabled: bool | None
) -> User:
    """Change an account's role or disable it; its tokens end.

    Raises: UserNotFound, LastAdmin if nobody else could administer afterwards.
    """
    admins = await repository.lock_active_admins(session)
    user = await _locked_user(session, user_id)
    new_role = user.role if role is None else role
    new_is_disabled = user.is_disabled if is_disabled is None else is_disabled
    stays_admin = new_role == Role.ADMIN and not new_is_disabled
    if [admin.id for admin in admins] == [user.id] and not stays_admin:
        raise LastAdmin
    if (new_role, new_is_disabled) != (user.role, user.is_disabled):
        user.role, user.is_disabled = new_role, new_is_disabled
        user.token_version += 1
    return user


async def reset_password(
    session: AsyncSession,
    hasher: PasswordHasher,
    settings: AccountsSettings,
    *,
    user_id: int,
    password: str | None,
) -> NewPassword:
    """Give an account a new password, generated if absent; its tokens and waits end.

    Raises: UserNotFound, PasswordRejected.
    """
    user = await _locked_user(session, user_id)
    chosen = _chosen_password(settings, user.username, password)
    user.password_hash = await hasher.hash(chosen)
    user.token_version += 1
    await throttle.clear_account(session, username=user.username)
    return NewPassword(user, generated=None if password else chosen)


async def list_users(session: AsyncSession, *, after_id: int, limit: int) -> Sequence[User]:
    """Accounts, oldest first, after the one with id `after_id`."""
    return await repository.list_users(session, after_id=after_id, limit=limit)


async def forget_old_attempts(database: Database, settings: AccountsSettings) -> None:
    """Drop the counts of failed sign-ins that no longer matter."""
    async with database.transaction() as session:
        await throttle.delete_old_attempts(session, settings)


async def find_user(session: AsyncSession, username: str) -> User:
    """The account with this name. Raises: UserNotFound."""
    user = await repository.find_user(session, username)
    if user is None:
        raise UserNotFound(f"There is no user called {username}.")
    return user


async def first_active_admin(session: AsyncSession) -> User | None:
    """The oldest account that can administer."""
    return await repository.first_active_admin(session)


async def has_active_admin(session: AsyncSession) -> bool:
    """Whether anybody can administer."""
    return bool(await repository.lock_active_admins(session))


async def ensure_first_admin(
    session: AsyncSession,
    hasher: PasswordHasher,
    settings: AccountsSettings,
    *,
    password: str | None,
) -> str | None:
    """Create `admin` when there is no account yet; the generated password, if one was made.

    Of several processes that start together, one creates it and the others wait for that.
    Raises: PasswordRejected.
    """
    await repository.lock_first_admin(session)
    if await repository.list_users(session, after_id=0, limit=1):
        return None
    created = await create_user(
        session, hasher, settings, username=FIRST_ADMIN, role=Role.ADMIN, password=password
    )
    return created.generated


def check_password(settings: AccountsSettings, username: str, password: str) -> None:
    """Raises: PasswordRejected, saying which rule it breaks."""
    if len(password) < settings.min_password_length:
        raise PasswordRejected(
            f"The password needs at least {settings.min_password_length} characters."
        )
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PasswordRejected(f"The password has over {MAX_PASSWORD_LENGTH} characters.")
    if password.lower() == username.lower() or len(set(password)) < 4:
        raise PasswordRejected("The password is too easy to guess. Use several words.")


def _chosen_password(settings: AccountsSettings, username: str, password: str | None) -> str:
    if password is None:
        return generate_password()
    check_password(settings, username, password)
    return password


async def _locked_user(session: AsyncSession, user_id: int) -> User:
    """Changes count from what is stored, so nobody may change it in between."""
    user = await repository.lock_user(session, user_id)
    if user is None:
        raise UserNotFound
    return user
