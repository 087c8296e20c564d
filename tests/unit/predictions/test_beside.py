"""Storing an image beside its classification: both end, and one error is told."""

import asyncio
import gc
from typing import Any

import pytest

from classifr.predictions.service import _beside


async def fail(error: Exception) -> Any:
    raise error


async def test_error_of_the_work_is_told_and_that_of_storing_leaves_nothing_behind() -> None:
    unhandled: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: unhandled.append(told))
    with pytest.raises(KeyError):
        await _beside(fail(OSError("no space")), fail(KeyError("no image")))
    gc.collect()
    await asyncio.sleep(0)
    assert unhandled == []


async def test_work_that_fails_waits_until_storing_has_ended() -> None:
    ended = asyncio.Event()

    async def store() -> None:
        await asyncio.sleep(0.01)
        ended.set()

    with pytest.raises(KeyError):
        await _beside(store(), fail(KeyError("no image")))
    assert ended.is_set()


async def test_error_of_storing_is_told() -> None:
    with pytest.raises(OSError, match="no space"):
        await _beside(fail(OSError("no space")), asyncio.sleep(0))
