"""Training a head for 101 tags of 980 images each: its time, its memory, and twice the images."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cases.bench import Bench
from measure import Measurement

LIMIT_SECONDS = 30
LIMIT_MEGABYTES = 2000
#: Twice the images may take so many times as long.
LIMIT_GROWTH = 2.2
TAGS = 101
IMAGES = 980
_CHILD = Path(__file__).resolve().parents[1] / "head_fit_child.py"


def measure(bench: Bench) -> Iterator[Measurement]:
    """Choice of regularisation, both fits, calibration and novelty, on one BLAS thread.

    Each in a process of its own, whose memory includes the embeddings it was given.
    """
    images = bench.repeat(IMAGES, IMAGES // 4)
    once, twice = _run(images), _run(2 * images)
    yield Measurement(
        name="head-fit",
        value=once["seconds"],
        unit="s",
        limit=LIMIT_SECONDS,
        others=once["others"],
        details={
            "tags": TAGS,
            "images_each": images,
            "top1": once["top1"],
            "calibration_error": once["calibration_error"],
        },
    )
    yield Measurement(
        name="head-fit-memory", value=once["megabytes"], unit="MB", limit=LIMIT_MEGABYTES
    )
    yield Measurement(
        name="head-fit-twice",
        # Time on the processor, which others disturb less.
        value=twice["cpu_seconds"],
        floor=once["cpu_seconds"],
        unit="s",
        limit=LIMIT_GROWTH,
        others=twice["others"],
        details={"images_each": 2 * images, "megabytes": twice["megabytes"]},
    )


def _run(images: int) -> dict[str, float]:
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, str(_CHILD), str(TAGS), str(images)],
        env=os.environ | threads,
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(run.stdout)
    return result
