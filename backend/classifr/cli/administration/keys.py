"""The care of API keys, straight in the database."""

from collections.abc import Sequence

import typer
from pydantic import ValidationError
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.accounts import keys, service
from classifr.accounts.schemas import KeyCreate, KeyPage, key_read
from classifr.cli.administration.database import MAX_LISTED, in_transaction
from classifr.cli.failures import AskedWrongly
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import plain_table, remark, stdout_console
from classifr.database.models import ApiKey, Scope, User


def create(
    name: str, *, scopes: Sequence[str], username: str | None, quiet: bool, verbose: bool
) -> None:
    """Make a key and print it, alone on stdout so that a script can take it."""
    settings = quiet_settings(verbose=verbose)
    asked = _checked(name, scopes)

    async def work(session: AsyncSession) -> tuple[User, keys.NewKey]:
        user = await _account(session, username)
        return user, await keys.create_key(session, user=user, name=asked.name, scopes=asked.scopes)

    user, new = in_transaction(settings, work, quiet=quiet)
    if not quiet:
        scope = " and ".join(new.row.scopes)
        remark(f"Key {new.row.id} ({scope}) acts for {user.username}. It is not shown again:")
    typer.echo(new.key)


def list_all(*, as_json: bool, verbose: bool) -> None:
    """Print every key that was not revoked."""
    settings = quiet_settings(verbose=verbose)

    async def work(session: AsyncSession) -> KeyPage:
        return KeyPage(items=[key_read(key, user) for key, user in await _all(session)])

    page = in_transaction(settings, work)
    if as_json:
        typer.echo(page.model_dump_json())
        return
    table = plain_table("Key", "Begins", "Name", "Scopes", "Account", "Since", "Last used")
    for key in page.items:
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        table.add_row(
            str(key.id),
            key.prefix,
            escape(key.name),
            ", ".join(key.scopes),
            escape(key.username),
            f"{key.created_at:%Y-%m-%d}",
            used,
        )
    stdout_console().print(table)


def revoke(named: str, *, verbose: bool) -> None:
    """End the key of this number or beginning."""
    settings = quiet_settings(verbose=verbose)

    async def work(session: AsyncSession) -> ApiKey:
        found = [key for key, _ in await _all(session) if _is_named(key, named)]
        if len(found) != 1:
            raise AskedWrongly(
                f"{len(found) or 'No'} keys are called {named}.",
                hint="`classifr key list` shows their numbers.",
            )
        return await keys.revoke_key(session, key_id=found[0].id, user_id=None)

    key = in_transaction(settings, work)
    remark(f"Revoked {key.prefix}... ({key.name}).")


def _is_named(key: ApiKey, named: str) -> bool:
    # The whole key does as well: it may have been found where it should not lie.
    return named == str(key.id) or named.startswith(key.prefix)


async def _all(session: AsyncSession) -> Sequence[tuple[ApiKey, User]]:
    return await keys.list_keys(session, user_id=None, after_id=0, limit=MAX_LISTED)


async def _account(session: AsyncSession, username: str | None) -> User:
    if username is not None:
        return await service.find_user(session, username)
    if (admin := await service.first_active_admin(session)) is None:
        raise AskedWrongly("There is no admin yet.", hint="classifr user add NAME --role admin")
    return admin


def _checked(name: str, scopes: Sequence[str]) -> KeyCreate:
    try:
        return KeyCreate(name=name, scopes=sorted({Scope(scope) for scope in scopes}))
    except ValidationError as error:
        raise AskedWrongly(
            f"{name!r} cannot be a key's name.", hint="1 to 100 characters on one line."
        ) from error
