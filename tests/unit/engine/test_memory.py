"""No image takes much memory, whatever it says of itself."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.unit.engine import peaks

import classifr
from classifr.engine.images.memory import MemoryBudget

# Measured: 207 MB for a progressive CMYK JPEG, 201 MB for a WebP, less for all others.
MOST_BYTES = 220_000_000
#: Shown at full size, what was just decoded and the JPEG that it becomes come on top.
MOST_BYTES_RENDERED = 240_000_000
MOST_BYTES_REFUSED = 2_000_000


@pytest.fixture(scope="module")
def growth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """By how many bytes each piece of work makes a process grow."""
    run = subprocess.run(
        [sys.executable, "-W", "error", peaks.__file__, tmp_path_factory.mktemp("peaks")],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(Path(classifr.__file__).parents[1]),
            "OPENBLAS_NUM_THREADS": "1",
        },
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    answer: dict[str, int] = json.loads(run.stdout)
    return answer


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("image", peaks.ACCEPTED)
@pytest.mark.parametrize("work", peaks.WORK)
def test_largest_accepted_images_stay_within_the_budget(growth, image, work):
    most = MOST_BYTES_RENDERED if work == "render" else MOST_BYTES
    assert growth[f"{work}: {image}"] < most


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("image", peaks.REFUSED)
def test_larger_images_are_refused_without_growing(growth, image):
    assert growth[f"refuse: {image}"] < MOST_BYTES_REFUSED


def test_reservations_never_exceed_the_budget_together():
    budget = MemoryBudget(10)
    lock = threading.Lock()
    held, most = 0, 0

    def work(needed: int) -> None:
        nonlocal held, most
        with budget.reserve(needed):
            with lock:
                held += needed
                most = max(most, held)
            threading.Event().wait(0.002)
            with lock:
                held -= needed

    threads = [threading.Thread(target=work, args=(number % 6 + 1,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert held == 0
    assert 6 < most <= 10


def test_who_needs_more_than_everything_runs_alone_and_is_not_overtaken():
    budget = MemoryBudget(10)
    order: list[str] = []

    def work(name: str, needed: int) -> None:
        with budget.reserve(needed):
            order.append(name)

    with budget.reserve(1):
        large = threading.Thread(target=work, args=("large", 99), daemon=True)
        large.start()
        deadline = time.monotonic() + 30
        while not budget._line.locked():
            assert time.monotonic() < deadline
            time.sleep(0.001)
        small = threading.Thread(target=work, args=("small", 1))
        small.start()
        small.join(0.05)
        assert order == []
    large.join(30)
    small.join(30)

    assert order == ["large", "small"]


def test_what_failed_gives_its_room_back():
    budget = MemoryBudget(10)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), budget.reserve(10):
            raise ZeroDivisionError
