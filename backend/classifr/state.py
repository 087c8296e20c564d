"""What a process opens once and every request shares."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import anyio

from classifr.accounts import service as accounts
from classifr.accounts.passwords import PasswordHasher
from classifr.accounts.recent import RecentAccounts, RecentKeys
from classifr.accounts.secret import token_secret
from classifr.accounts.tokens import TokenSigner
from classifr.database.embedded import prepare_data_dir
from classifr.database.opening import open_database
from classifr.database.session import Database
from classifr.fetching.fetcher import ImageFetcher
from classifr.settings import Settings
from classifr.storage.opening import open_storage
from classifr.storage.port import Storage
from classifr.vision.local.vision import default_sessions
from classifr.vision.opening import make_vision
from classifr.vision.port import Vision

_BATCHES = 2
_INTAKES = 2
_ARCHIVES = 2


@dataclass
class State:
    """The resources of one process."""

    settings: Settings
    database: Database
    storage: Storage
    vision: Vision
    fetcher: ImageFetcher
    password_hasher: PasswordHasher
    token_signer: TokenSigner
    recent_accounts: RecentAccounts
    recent_keys: RecentKeys
    batches: asyncio.Semaphore
    """How many batches are held in memory at the same time."""
    intakes: asyncio.Semaphore
    """How many groups of training images are held in memory at the same time."""
    archives: asyncio.Semaphore
    """How many zip files are open at the same time; their lists take memory too."""
    render_limiter: anyio.CapacityLimiter
    """How many images are re-encoded at the same time."""
    first_admin_password: str | None = field(repr=False)
    """Generated at this start, to be shown once; None otherwise."""
    start_failed: bool = False
    """The model could not be loaded; the log says why."""


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Open everything but the model, which the caller opens when it suits.

    Raises: SetupError, DatabaseUnavailable, StorageUnavailable.
    """
    prepare_data_dir(settings.data_dir)
    signer = TokenSigner(
        token_secret(settings), lifetime=timedelta(minutes=settings.accounts.token_minutes)
    )
    fetcher = ImageFetcher(settings.fetch)
    hasher = PasswordHasher(threads=settings.accounts.hash_threads)
    sessions = engine_sessions(settings)
    try:
        async with open_storage(settings) as storage, open_database(settings) as database:
            vision = make_vision(settings, database, storage, sessions=sessions)
            try:
                yield State(
                    settings=settings,
                    database=database,
                    storage=storage,
                    vision=vision,
                    fetcher=fetcher,
                    password_hasher=hasher,
                    token_signer=signer,
                    recent_accounts=RecentAccounts(),
                    recent_keys=RecentKeys(),
                    batches=asyncio.Semaphore(_BATCHES),
                    intakes=asyncio.Semaphore(_INTAKES),
                    archives=asyncio.Semaphore(_ARCHIVES),
                    render_limiter=anyio.CapacityLimiter(sessions),
                    first_admin_password=await _first_start(database, vision, hasher, settings),
                )
            finally:
                await vision.close()
    finally:
        await fetcher.close()
        hasher.close()


def engine_sessions(settings: Settings) -> int:
    """Images classified at the same time in this process."""
    return settings.engine.sessions or default_sessions(settings.workers)


async def _first_start(
    database: Database, vision: Vision, hasher: PasswordHasher, settings: Settings
) -> str | None:
    async with database.transaction() as session:
        await vision.prepare(session)
        return await accounts.ensure_first_admin(
            session,
            hasher,
            settings.accounts,
            password=settings.admin_password.get_secret_value()
            if settings.admin_password
            else None,
        )
