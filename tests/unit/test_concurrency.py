"""Calls in threads: each is answered once, whatever happens to the one who waits."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from classifr.concurrency import BoundedExecutor, ExecutorFull, Threads


@pytest.fixture
def thread() -> Iterator[Threads]:
    """A single one, so that a second call has to wait."""
    one = Threads(1, name="test")
    yield one
    one.close()


def busy(threads: Threads) -> tuple[asyncio.Future[bool], threading.Event]:
    """What keeps a thread, and what lets it go."""
    gate = threading.Event()
    return threads.submit(gate.wait, 30), gate


async def test_call_given_up_while_it_waits_is_not_called(thread: Threads) -> None:
    running, gate = busy(thread)
    called: list[int] = []
    given_up = thread.submit(called.append, 1)
    given_up.cancel()
    gate.set()
    assert await running
    assert await thread.submit(len, called) == 0


async def test_thread_that_is_free_is_taken_before_another_starts() -> None:
    threads = Threads(4, name="test")
    used = set()
    for _ in range(5):
        used.add(await threads.submit(threading.get_ident))
        # It answers a moment before it is free again.
        await asyncio.sleep(0.01)
    assert len(used) == 1
    barrier = threading.Barrier(2)
    meeting = [threads.submit(barrier.wait, 30) for _ in range(2)]
    assert sorted(await asyncio.gather(*meeting)) == [0, 1]
    threads.close()


async def test_end_finishes_what_runs_and_cancels_what_waits(thread: Threads) -> None:
    began = threading.Event()
    gate = threading.Event()

    def work() -> str:
        began.set()
        gate.wait(30)
        return "done"

    running = thread.submit(work)
    waiting = [thread.submit(int) for _ in range(3)]
    await asyncio.to_thread(began.wait, 30)
    closing = asyncio.create_task(asyncio.to_thread(thread.close))
    for one in waiting:
        with pytest.raises(asyncio.CancelledError):
            await one
    gate.set()
    assert await running == "done"
    await closing
    with pytest.raises(RuntimeError):
        thread.submit(int)
    thread.close()


async def test_error_keeps_nothing_alive(thread: Threads) -> None:
    class Image:
        """Stands for what is too large to be left to the garbage collector."""

    def fail(_: Image) -> None:
        raise ValueError("damaged")

    image = Image()
    kept = weakref.ref(image)
    gc.disable()
    try:
        with pytest.raises(ValueError, match="damaged"):
            await thread.submit(fail, image)
        del image
        assert await thread.submit(int) == 0
        assert kept() is None
    finally:
        gc.enable()


async def test_thread_that_the_system_refuses_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    executor = BoundedExecutor(threads=1, max_waiting=0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            await executor.run(int)
    assert await asyncio.wait_for(executor.run(int), 10) == 0
    executor.close()


async def test_loop_that_has_ended_does_not_end_the_thread(thread: Threads) -> None:
    gate = threading.Event()

    async def leave() -> None:
        thread.submit(gate.wait, 30)

    await asyncio.to_thread(asyncio.run, leave())
    gate.set()
    assert await thread.submit(int) == 0


async def test_result_and_error_come_back():
    executor = BoundedExecutor(threads=1, max_waiting=1)

    assert await executor.run(pow, 2, 5) == 32
    with pytest.raises(ZeroDivisionError):
        await executor.run(divmod, 1, 0)
    executor.close()


async def test_call_beyond_the_line_is_refused_and_room_returns():
    executor = BoundedExecutor(threads=2, max_waiting=3)
    gate = threading.Event()
    running = [asyncio.create_task(executor.run(gate.wait, 30)) for _ in range(5)]
    await asyncio.sleep(0.05)

    with pytest.raises(ExecutorFull):
        await executor.run(int)

    gate.set()
    assert await asyncio.gather(*running) == [True] * 5
    assert await executor.run(int) == 0
    executor.close()


async def test_no_more_calls_run_at_once_than_threads():
    executor = BoundedExecutor(threads=2, max_waiting=20)
    lock = threading.Lock()
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    await asyncio.gather(*(executor.run(work) for _ in range(20)))

    assert most == 2
    executor.close()


async def test_place_of_an_abandoned_call_is_kept_until_it_is_over():
    executor = BoundedExecutor(threads=1, max_waiting=1)
    gate, started = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        gate.wait(30)

    runs, waits = (asyncio.create_task(executor.run(work)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.to_thread(started.wait, 30)
    runs.cancel()
    waits.cancel()
    await asyncio.gather(runs, waits, return_exceptions=True)

    # The one that waited gave its place up; the one that runs still has its own.
    following = asyncio.create_task(executor.run(int))
    await asyncio.sleep(0)
    with pytest.raises(ExecutorFull):
        await executor.run(int)

    gate.set()
    assert await following == 0
    executor.close()


async def test_closed_executor_refuses_without_losing_places():
    executor = BoundedExecutor(threads=1, max_waiting=0)
    executor.close()

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await executor.run(int)
