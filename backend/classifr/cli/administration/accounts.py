"""The care of accounts, straight in the database."""

import getpass
import sys
from contextlib import closing

import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.accounts import service
from classifr.accounts.passwords import MAX_PASSWORD_LENGTH, PasswordHasher
from classifr.accounts.schemas import Username, UserPage, UserRead
from classifr.cli.administration.database import MAX_LISTED, in_transaction
from classifr.cli.failures import AskedWrongly
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import plain_table, remark, stdout_console
from classifr.database.models import Role, User
from classifr.settings import Settings


def ask_password(*, from_stdin: bool, generate: bool) -> str | None:
    """A password typed without being shown, or read from stdin; None to have one made.

    Raises: CommandError.
    """
    if from_stdin and generate:
        raise AskedWrongly(
            "--password-stdin and --generate exclude each other.", hint="Choose one."
        )
    if generate or (not from_stdin and not sys.stdin.isatty()):
        return None
    if from_stdin:
        # One more than allowed, so that a longer one is refused rather than cut.
        password = sys.stdin.readline(MAX_PASSWORD_LENGTH + 2).rstrip("\r\n")
        if not password:
            raise AskedWrongly(
                "Stdin held no password.", hint="printf '%s' \"$PASSWORD\" | classifr ..."
            )
        return password
    password = getpass.getpass("Password (empty to have one made): ", stream=sys.stderr)
    if password and getpass.getpass("Again: ", stream=sys.stderr) != password:
        raise AskedWrongly("The two passwords differ.", hint="Run it again.")
    return password or None


def add(username: str, *, role: str, password: str | None, verbose: bool) -> None:
    """Add an account and print its password, if it was made here."""
    settings = quiet_settings(verbose=verbose)
    name = _checked_name(username)

    async def work(session: AsyncSession) -> tuple[service.NewPassword, bool]:
        with closing(_hasher(settings)) as hasher:
            created = await service.create_user(
                session,
                hasher,
                settings.accounts,
                username=name,
                role=Role(role),
                password=password,
            )
        return created, await service.has_active_admin(session)

    created, has_admin = in_transaction(settings, work)
    remark(f"Added {created.user.username} ({created.user.role}).")
    if not has_admin:
        remark("There is no admin yet. Hint: classifr user add NAME --role admin")
    _print_generated(created)


def set_password(username: str, *, password: str | None, verbose: bool) -> None:
    """Set an account's password and print it, if it was made here."""
    settings = quiet_settings(verbose=verbose)

    async def work(session: AsyncSession) -> service.NewPassword:
        user = await service.find_user(session, username)
        with closing(_hasher(settings)) as hasher:
            return await service.reset_password(
                session, hasher, settings.accounts, user_id=user.id, password=password
            )

    changed = in_transaction(settings, work)
    remark(f"{changed.user.username} has a new password and is signed out everywhere.")
    if changed.user.is_disabled:
        remark(f"The account is disabled. Hint: classifr user enable {changed.user.username}")
    _print_generated(changed)


def change(
    username: str,
    *,
    role: str | None = None,
    is_disabled: bool | None = None,
    verbose: bool,
) -> None:
    """Change an account's role, or whether it may sign in."""
    settings = quiet_settings(verbose=verbose)

    async def work(session: AsyncSession) -> User:
        user = await service.find_user(session, username)
        return await service.update_user(
            session, user_id=user.id, role=Role(role) if role else None, is_disabled=is_disabled
        )

    user = in_transaction(settings, work)
    remark(f"{user.username} is {_described(user)}.")


def list_all(*, as_json: bool, verbose: bool) -> None:
    """Print every account."""
    settings = quiet_settings(verbose=verbose)

    async def work(session: AsyncSession) -> UserPage:
        users = await service.list_users(session, after_id=0, limit=MAX_LISTED)
        return UserPage(items=[UserRead.model_validate(user) for user in users])

    page = in_transaction(settings, work)
    if as_json:
        typer.echo(page.model_dump_json())
        return
    table = plain_table("Name", "Role", "State", "Since")
    for user in page.items:
        state = "disabled" if user.is_disabled else "active"
        table.add_row(escape(user.username), user.role, state, f"{user.created_at:%Y-%m-%d}")
    stdout_console().print(table)


def _hasher(settings: Settings) -> PasswordHasher:
    return PasswordHasher(threads=settings.accounts.hash_threads)


def _checked_name(username: str) -> str:
    try:
        return TypeAdapter(Username).validate_python(username)
    except ValidationError as error:
        raise AskedWrongly(
            f"{username!r} cannot be a username.", hint="1 to 50 letters, digits or . _ @ + -"
        ) from error


def _print_generated(new: service.NewPassword) -> None:
    """The password is the command's data: alone on stdout, so that a script can take it."""
    if new.generated is not None:
        remark("Its password, which is not shown again:")
        typer.echo(new.generated)


def _described(user: User) -> str:
    return f"{'an admin' if user.role == Role.ADMIN else 'a user'}, " + (
        "disabled" if user.is_disabled else "active"
    )
