"""The memory of an API process: bounded, and flat."""

import random
from collections.abc import Iterator

from cases.bench import Bench
from client import Client, predict_request, send_all
from measure import Measurement
from photos import make_twelve_megapixels, resized
from server import Server

LIMIT_MEGABYTES = 400
GROWTH_LIMIT = 1.05
_CONCURRENCY = 4
_SEED = 2


def measure(bench: Bench) -> Iterator[Measurement]:
    """Resident memory after n predictions, four at a time, and after n more."""
    predictions = bench.repeat(1000, 100)
    with Server(bench.folder()) as server:
        token = server.token()
        mixture = [predict_request(token, photo) for photo in _mixture(bench)]
        # A fixed order, so that two runs meet the same images at the same time.
        chosen = random.Random(_SEED).choices(mixture, k=predictions)
        clients = [Client(server.port) for _ in range(_CONCURRENCY)]
        megabytes = [_resident_megabytes(server)]
        for _ in range(2):
            send_all(clients, chosen)
            megabytes.append(_resident_megabytes(server))
        for client in clients:
            client.close()
    idle, first, second = megabytes
    yield Measurement(
        name="memory",
        value=max(first, second),
        unit="MB",
        limit=LIMIT_MEGABYTES,
        details={"predictions": predictions, "ready_mb": idle},
    )
    yield Measurement(
        name="memory-growth", value=second, floor=first, unit="MB", limit=GROWTH_LIMIT
    )


def _mixture(bench: Bench) -> list[bytes]:
    """Mostly photos of 512 pixels; other sizes and formats; one in forty of 12 megapixels."""
    photos = bench.photos
    others = [
        resized(photos[0], 64, "JPEG"),
        resized(photos[1], 1280, "JPEG"),
        resized(photos[2], 2048, "JPEG"),
        resized(photos[3], 800, "PNG"),
        resized(photos[4], 640, "WEBP"),
        resized(photos[5], 300, "GIF"),
        resized(photos[6], 1000, "BMP"),
    ]
    return [*photos, *photos[:12], *others, make_twelve_megapixels(photos)]


def _resident_megabytes(server: Server) -> float:
    return max(process.memory_info().rss for process in server.api_processes()) / 1e6
