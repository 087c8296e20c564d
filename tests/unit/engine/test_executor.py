"""The bounded executor: as many threads and as long a line as agreed."""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifr.engine import executor as executor_module
from classifr.engine.executor import (
    BoundedExecutor,
    ExecutorFull,
    let_others_first,
    let_work_finish,
    usable_cores,
)


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


@pytest.mark.parametrize(
    ("affinity", "limit", "expected"),
    [
        (8, None, 8),
        (8, "max 100000", 8),
        (8, "200000 100000", 2),
        (8, "150000 100000", 2),
        (8, "5000 100000", 1),
        (2, "800000 100000", 2),
        (3, "nonsense", 3),
    ],
)
def test_cores_are_those_this_process_may_use(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    affinity: int,
    limit: str | None,
    expected: int,
) -> None:
    file = tmp_path / "cpu.max"
    if limit is not None:
        file.write_text(f"{limit}\n")
    monkeypatch.setattr(executor_module, "_CONTAINER_LIMIT", file)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(affinity)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)

    assert usable_cores() == expected


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux alone has the policy")
def test_thread_and_those_it_starts_do_not_interrupt_running_work():
    policies = []

    def note_policies() -> None:
        let_work_finish()
        inner = threading.Thread(target=lambda: policies.append(os.sched_getscheduler(0)))
        inner.start()
        inner.join()
        policies.append(os.sched_getscheduler(0))

    thread = threading.Thread(target=note_policies)
    thread.start()
    thread.join()
    assert policies == [os.SCHED_BATCH, os.SCHED_BATCH]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_a_thread_that_lets_others_first_does_so_alone():
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    with ThreadPoolExecutor(1, initializer=let_others_first) as threads:
        assert threads.submit(priority).result() == min(before + 5, 19)
    assert priority() == before
