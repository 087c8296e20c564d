"""The cores of this machine, and who works on them first."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifr.engine import cores
from classifr.engine.cores import let_others_first, let_work_finish, usable_cores


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
    monkeypatch.setattr(cores, "_CONTAINER_LIMIT", file)
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
