"""How long until the server answers, and until the command line does."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cases.bench import Bench
from measure import Measurement, run_rounds
from server import Server

START_LIMIT_SECONDS = 4.0
HELP_LIMIT_SECONDS = 0.5


def measure_start(bench: Bench) -> Iterator[Measurement]:
    """From the command to the first 200 of /health/ready, on a data folder that is there."""
    server = Server(bench.folder())
    server.start()
    server.stop()

    def start() -> float:
        seconds = server.start()
        server.stop()
        return seconds

    rounds = run_rounds({"start": start}, rounds=bench.repeat(5, 2))
    yield Measurement(
        name="start",
        value=rounds.median("start"),
        unit="s",
        limit=START_LIMIT_SECONDS,
        spread=rounds.spread("start"),
    )


def measure_help(bench: Bench) -> Iterator[Measurement]:
    """`classifr --help`, once the files are in the system's cache."""
    command = [str(Path(sys.executable).with_name("classifr")), "--help"]

    def ask() -> float:
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    ask()
    rounds = run_rounds({"help": ask}, rounds=bench.repeat(9, 3))
    yield Measurement(
        name="help",
        value=rounds.median("help"),
        unit="s",
        limit=HELP_LIMIT_SECONDS,
        spread=rounds.spread("help"),
    )
