"""Several things at a time, and the first error as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(items: Iterable[T], do: Callable[[T], Awaitable[None]], *, at_once: int) -> None:
    """Do something for each item, so many at a time. An error ends the others and is raised."""
    waiting = iter(items)

    async def take_some() -> None:
        for item in waiting:
            await do(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take_some())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
