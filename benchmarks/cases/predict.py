"""POST /predict, one client, one process, the image stored."""

import statistics
from collections.abc import Iterator

from cases.bench import Bench
from client import Client, predict_request
from measure import Measurement, cpu_seconds, run_rounds
from server import Server

LIMIT = 1.25


def measure(bench: Bench) -> Iterator[Measurement]:
    """The median answer against the median floor, the same photos in turn."""
    with Server(bench.folder()) as server, Client(server.port) as client:
        token = server.token()
        requests = [predict_request(token, photo) for photo in bench.photos]
        for request, photo in zip(requests[:5], bench.photos[:5], strict=True):
            client.timed(request)
            bench.floor.classify(photo)
        cpu = {"api": 0.0, "postgres": 0.0}
        answered = 0

        def over_http() -> float:
            nonlocal answered
            before = _cpu(server)
            seconds = statistics.median(client.timed(request) for request in requests)
            for part, used in _cpu(server).items():
                cpu[part] += used - before[part]
            answered += len(requests)
            return seconds

        def in_process() -> float:
            return statistics.median(bench.floor.classify(photo) for photo in bench.photos)

        rounds = run_rounds(
            {"floor": in_process, "http": over_http},
            rounds=bench.repeat(15, 4),
            ours=server.processes,
        )
    yield Measurement(
        name="predict",
        value=rounds.median("http") * 1000,
        unit="ms",
        floor=rounds.median("floor") * 1000,
        limit=LIMIT,
        spread=rounds.spread("floor"),
        others=rounds.others,
        details={f"{part}_cpu_ms": used / answered * 1000 for part, used in cpu.items()},
    )


def _cpu(server: Server) -> dict[str, float]:
    parts = {"api": server.api_processes(), "postgres": server.database_processes()}
    return {
        part: sum(cpu_seconds(process.pid) for process in processes)
        for part, processes in parts.items()
    }
