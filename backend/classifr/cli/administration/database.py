"""The installation's database, open for one piece of work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.cli.terminal import busy
from classifr.database.opening import open_database
from classifr.settings import Settings

T = TypeVar("T")

#: Rows listed; an installation with more has other tools.
MAX_LISTED = 100_000


def in_transaction(
    settings: Settings, work: Callable[[AsyncSession], Awaitable[T]], *, quiet: bool = False
) -> T:
    """What `work` gives; what it changes is stored as a whole or not at all."""

    async def run() -> T:
        with busy("Opening the database", quiet=quiet):
            async with open_database(settings) as database, database.transaction() as session:
                return await work(session)

    return asyncio.run(run())
