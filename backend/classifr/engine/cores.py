"""The cores of this machine: how many there are for us, and who works on them first."""

import math
import os
from contextlib import suppress
from pathlib import Path
from threading import get_native_id

# What a container is limited to, as seen inside it (cgroup v2): "QUOTA PERIOD" or "max PERIOD".
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/cpu.max")
# A third of the weight of a usual thread. Less, and a training would hold uploads up for good.
_NICENESS = 5


def usable_cores() -> int:
    """The cores this process may use: its affinity and its container's limit count, rounded up."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # Linux alone has it.
        cores = os.cpu_count() or 1
    try:
        quota, period = _CONTAINER_LIMIT.read_text("ascii").split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return cores


def let_work_finish() -> None:
    """Have this process, and those it starts, wait for a turn instead of interrupting at a wake-up.

    While every core classifies, each interruption costs the inference its caches: without this two
    busy cores answer some 5 % fewer images. An idle core is taken at once all the same.
    Source: sched(7), SCHED_BATCH. Linux alone has it; where it is refused, nothing changes.
    """
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def let_others_first() -> None:
    """Have this thread get a quarter of a core where another one wants it too.

    For work that is done in masses, beside which predictions are to stay fast. An idle core is
    taken whole. Linux alone knows the priority of a thread; elsewhere nothing changes.
    """
    with suppress(AttributeError, OSError):
        thread = get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, before + _NICENESS)
