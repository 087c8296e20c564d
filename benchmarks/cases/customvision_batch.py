"""A request with sixty-four large images in base64: its memory, and who waits for it."""

import base64
import io
import statistics
import threading
import time
from collections.abc import Iterator

from PIL import Image

from api import Api
from cases.bench import Bench
from client import Client, json_request, predict_request, send_all_seconds
from measure import Measurement, OthersWatch
from photos import distinct, jpeg_within, make_twelve_megapixels
from server import Server

MEMORY_LIMIT = 3.0
DELAY_LIMIT_MS = 50
_IMAGES = 64
_IMAGE_BYTES = 700_000
_POLL_SECONDS = 0.005


def measure(bench: Bench) -> Iterator[Measurement]:
    """One such request after the other, while somebody else classifies photos one by one."""
    requests = bench.repeat(4, 1)
    images = [base64.b64encode(image).decode() for image in _large_images(bench)]
    with Server(bench.folder()) as server:
        api = Api(server)
        key = api.make_key("train")
        token = server.token()
        predictions = [predict_request(token, photo) for photo in bench.photos]
        batch = {"images": [{"contents": image} for image in images]}
        projects = [api.new_project(f"Bench {number}") for number in range(requests)]
        waiting = [
            json_request(
                f"/customvision/v3.3/Training/projects/{project}/images/files",
                batch,
                Training_Key=key,
            )
            for project in projects
        ]
        api.close()
        watch = OthersWatch(server.processes)
        with Client(server.port) as client:
            for request in predictions:
                client.send(request)
            alone = [client.timed(request) for request in predictions * 3]
            with _Watched(server) as memory:
                sending = threading.Thread(target=send_all_seconds, args=(server.port, waiting))
                sending.start()
                started, beside = time.perf_counter(), []
                while sending.is_alive():
                    beside.append(client.timed(predictions[len(beside) % len(predictions)]))
                seconds = time.perf_counter() - started
        others = watch.share()
    size = len(waiting[0]) / 1e6
    yield Measurement(
        name="customvision-batch-memory",
        value=memory.growth_megabytes,
        floor=size,
        unit="MB",
        limit=MEMORY_LIMIT,
        others=others,
        details={"batch_seconds": seconds / requests, "before_mb": memory.before_megabytes},
    )
    delays = {"alone": alone, "beside": beside}
    yield Measurement(
        name="customvision-batch-delay",
        value=1000 * (statistics.median(beside) - statistics.median(alone)),
        unit="ms",
        limit=DELAY_LIMIT_MS,
        others=others,
        details={"predictions": len(beside)}
        | {f"{name}_ms": 1000 * statistics.median(times) for name, times in delays.items()}
        | {"beside_p95_ms": 1000 * statistics.quantiles(beside, n=20)[-1]},
    )


class _Watched:
    """The most memory that the API process has had, beyond what it had at first."""

    def __init__(self, server: Server) -> None:
        self._processes = server.api_processes()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.before_megabytes = self._resident()
        self._most = self.before_megabytes

    def __enter__(self) -> "_Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    @property
    def growth_megabytes(self) -> float:
        """What came on top."""
        return self._most - self.before_megabytes

    def _watch(self) -> None:
        while not self._is_over.wait(_POLL_SECONDS):
            self._most = max(self._most, self._resident())

    def _resident(self) -> float:
        return max(process.memory_info().rss for process in self._processes) / 1e6


def _large_images(bench: Bench) -> list[bytes]:
    """JPEG files of just the same weight, a few megapixels each."""
    with Image.open(io.BytesIO(make_twelve_megapixels(bench.photos))) as mosaic:
        image = mosaic.resize((2000, 1500))
    encoded = jpeg_within(image, _IMAGE_BYTES, quality=95)
    return [each.ljust(_IMAGE_BYTES, b"\0") for each in distinct([encoded], _IMAGES)]
