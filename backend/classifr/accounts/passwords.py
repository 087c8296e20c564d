"""Password hashing with Argon2, in a few threads of its own."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from passlib.hash import argon2

# OWASP's recommendation of 2023 for Argon2id: 19 MiB, two passes, one lane.
_argon2id = argon2.using(type="ID", memory_cost=19 * 1024, rounds=2, parallelism=1)

Result = TypeVar("Result")

MAX_PASSWORD_LENGTH = 128


class PasswordHasher:
    """Hashes and checks passwords, `threads` at a time at most."""

    def __init__(self, *, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._nobodys_hash = _argon2id.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to store for `password`."""
        return str(await self._run(_argon2id.hash, password))

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hashed one.

        password_hash: None for an unknown user, which takes as long and never matches.
        A password longer than we accept never matches either, and is not hashed.
        """
        if len(password) > MAX_PASSWORD_LENGTH:
            return False
        matches: bool = await self._run(
            _argon2id.verify, password, password_hash or self._nobodys_hash
        )
        return matches and password_hash is not None

    async def _run(self, function: Callable[..., Result], *arguments: str) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, function, *arguments)

    def close(self) -> None:
        """Wait for running hashes and end the threads."""
        self._executor.shutdown()


def generate_password() -> str:
    """A random password of about 96 bits, without characters that look alike."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ["".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4)]
    return "-".join(groups)
