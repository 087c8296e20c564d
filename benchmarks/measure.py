"""A measurement and its target; rounds of several things in turn; how busy others were."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

#: A round is quiet while other programs use less than this share of the machine.
QUIET_SHARE = 0.10
#: How many rounds are tried to find the wanted number of quiet ones.
MOST_TRIES = 3

Processes = Callable[[], Iterable[psutil.Process]]


@dataclass(frozen=True)
class Measurement:
    """One number with its target."""

    name: str
    value: float
    unit: str
    limit: float  #: Of value / floor, or of the value itself where there is no floor.
    floor: float | None = None  #: The same work without us, in the same run and unit.
    at_least: bool = False  #: Whether more is better.
    spread: float | None = None  #: Between the rounds, as a share of their median.
    others: float | None = None  #: Share of the machine that other programs used meanwhile.
    details: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """value / floor, None where there is no floor."""
        return None if self.floor is None else self.value / self.floor

    @property
    def is_met(self) -> bool:
        """Whether the target holds."""
        compared = self.value if self.ratio is None else self.ratio
        return compared >= self.limit if self.at_least else compared <= self.limit

    @property
    def is_noisy(self) -> bool:
        """Whether other programs disturbed the measurement."""
        return self.others is not None and self.others > QUIET_SHARE


@dataclass(frozen=True)
class Rounds:
    """What each thing took, round by round, in the quietest rounds."""

    values: Mapping[str, Sequence[float]]
    others: float

    def median(self, name: str) -> float:
        """The median over the rounds."""
        return statistics.median(self.values[name])

    def spread(self, name: str) -> float:
        """The middle half of the rounds as a share of their median."""
        return spread(self.values[name])


def spread(values: Sequence[float]) -> float:
    """Interquartile range / median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / middle


def run_rounds(
    things: Mapping[str, Callable[[], float]], *, rounds: int, ours: Processes = tuple
) -> Rounds:
    """Do each thing once a round, in turn, until `rounds` quiet rounds are there.

    Rounds in which other programs were busy are replaced by quieter ones, up to MOST_TRIES times
    as many; which ones count depends on the others alone, never on the outcome.
    ours: the processes that belong to the measurement, beside this one.
    """
    kept: list[tuple[float, dict[str, float]]] = []
    for _ in range(MOST_TRIES * rounds):
        watch = OthersWatch(ours)
        values = {name: thing() for name, thing in things.items()}
        kept.append((watch.share(), values))
        if sum(share <= QUIET_SHARE for share, _ in kept) >= rounds:
            break
    quietest = sorted(kept, key=lambda entry: entry[0])[:rounds]
    return Rounds(
        values={name: [values[name] for _, values in quietest] for name in things},
        others=statistics.mean(share for share, _ in quietest),
    )


class OthersWatch:
    """Measures which share of the machine programs that are not ours use from now on."""

    def __init__(self, ours: Processes) -> None:
        self._ours = ours
        self._started = time.perf_counter()
        self._busy = _busy_seconds()
        self._own = self._own_seconds()

    def share(self) -> float:
        """The share since the start, from 0 to 1."""
        available = (time.perf_counter() - self._started) * (psutil.cpu_count() or 1)
        busy = _busy_seconds() - self._busy
        # A process that came meanwhile counts whole, one that went does not count.
        own = sum(seconds - self._own.get(pid, 0.0) for pid, seconds in self._own_seconds().items())
        return max(0.0, busy - own) / available

    def _own_seconds(self) -> dict[int, float]:
        return {pid: cpu_seconds(pid) for pid in {psutil.Process().pid, *_pids(self._ours())}}


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used so far; 0 when it is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _pids(processes: Iterable[psutil.Process]) -> set[int]:
    return {process.pid for process in processes}


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts the time of guests within `user` already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)
