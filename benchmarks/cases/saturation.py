"""Two processes with more requests than they can answer, against two floors at the same time."""

from collections.abc import Iterator

import psutil

from cases.bench import Bench
from client import predict_request, saturate
from floor import FloorProcesses
from measure import Measurement, cpu_seconds, run_rounds
from server import Server

LIMIT = 0.85
WORKERS = 2
_CLIENTS_EACH = 3


def measure(bench: Bench) -> Iterator[Measurement]:
    """Images per second. The client and PostgreSQL share the machine with the two processes."""
    seconds = float(bench.repeat(4, 2))
    with Server(bench.folder(), workers=WORKERS) as server:
        floors = FloorProcesses(bench.models, bench.photos, WORKERS)
        clients = server.balanced_clients(_CLIENTS_EACH)
        token = server.token()
        requests = [predict_request(token, photo) for photo in bench.photos]
        cpu = {"api": 0.0, "postgres": 0.0, "client": 0.0}
        answered = 0.0

        def over_http() -> float:
            nonlocal answered
            before = _cpu(server)
            warm_up = 0.5
            rate = saturate(clients, requests, seconds=seconds, warm_up=warm_up)
            for part, used in _cpu(server).items():
                cpu[part] += used - before[part]
            answered += rate * (seconds + warm_up)
            return rate

        over_http()
        rounds = run_rounds(
            {"floor": lambda: floors.throughput(seconds), "http": over_http},
            rounds=bench.repeat(8, 2),
            ours=lambda: [*server.processes(), *floors.processes()],
        )
        for client in clients:
            client.close()
        floors.close()
    yield Measurement(
        name="saturation",
        value=rounds.median("http"),
        unit="images/s",
        floor=rounds.median("floor"),
        limit=LIMIT,
        at_least=True,
        spread=rounds.spread("floor"),
        others=rounds.others,
        details={f"{part}_cpu_ms": used / answered * 1000 for part, used in cpu.items()},
    )


def _cpu(server: Server) -> dict[str, float]:
    parts = {
        "api": server.api_processes(),
        "postgres": server.database_processes(),
        "client": [psutil.Process()],
    }
    return {
        part: sum(cpu_seconds(process.pid) for process in processes)
        for part, processes in parts.items()
    }
