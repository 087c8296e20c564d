"""Training over the API, from new images, from some new images, and after a relabel."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from cases.bench import Bench
from classifr.engine.executor import usable_cores
from floor import FloorProcesses
from measure import Measurement, OthersWatch, cpu_seconds
from photos import make_photo
from server import Server

#: Of the floor, and so many seconds beside it.
LIMIT = 1.15
FIXED_SECONDS = 5.0
RELABEL_LIMIT_SECONDS = 5.0
_BATCH = 60
_POLL_SECONDS = 0.05
_PROJECT = "bench"


def measure(bench: Bench) -> Iterator[Measurement]:
    """Four tags, then two more, then one image with another tag."""
    images = _images(bench)
    tags = sorted(images)
    with bench.folder() as folder, Server(folder) as server:
        floors = FloorProcesses(bench.models, images[tags[0]], usable_cores())
        api = _Api(server)
        try:
            for name, some in (("training", tags[:4]), ("training-two-tags", tags[4:])):
                new = sum(api.add(tag, images[tag]) for tag in some)
                yield _against_floor(name, api, server, floors, new, bench.repeat(10, 3))
        finally:
            floors.close()
        api.relabel(tags[0], tags[1])
        watch = OthersWatch(server.processes)
        seconds = api.train()
        yield Measurement(
            name="training-relabel",
            value=seconds,
            unit="s",
            limit=RELABEL_LIMIT_SECONDS,
            others=watch.share(),
            details={"images": sum(len(photos) for photos in images.values())},
        )
        api.close()


def _against_floor(
    name: str, api: "_Api", server: Server, floors: FloorProcesses, new: int, seconds: float
) -> Measurement:
    """The floor is measured before and after, because the machine may change meanwhile."""
    watch = OthersWatch(lambda: [*server.processes(), *floors.processes()])
    floor_cpu, worker_cpu = _cpu(floors.processes()), _cpu(server.worker_processes())
    before = floors.throughput(seconds)
    took = api.train()
    after = floors.throughput(seconds)
    floor = new / ((before + after) / 2)
    floor_cpu = (_cpu(floors.processes()) - floor_cpu) / ((before + after) * seconds) * new
    return Measurement(
        name=name,
        value=took,
        floor=floor,
        unit="s",
        limit=LIMIT + FIXED_SECONDS / floor,
        others=watch.share(),
        details={
            "new_images": new,
            "beside_floor_s": took - floor,
            # What others use of the machine changes these little.
            "floor_cpu_s": floor_cpu,
            "worker_cpu_s": _cpu(server.worker_processes()) - worker_cpu,
        },
    )


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(cpu_seconds(process.pid) for process in processes)


def _images(bench: Bench) -> dict[str, list[bytes]]:
    """Six tags: those of the photos if they are there, else made ones."""
    most = bench.repeat(200, 30)
    folder = bench.photo_folder and bench.photo_folder.parent / "Train"
    if folder and folder.is_dir():
        by_tag = {
            path.name: sorted(path.glob("*.jpg"))[:most]
            for path in sorted(folder.iterdir())
            if path.is_dir()
        }
        return {tag: _read(paths) for tag, paths in list(by_tag.items())[:6]}
    made = (make_photo(seed) for seed in range(6 * most))
    return {f"tag {number}": [next(made) for _ in range(most)] for number in range(6)}


def _read(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


class _Api:
    """What an admin does with a project."""

    def __init__(self, server: Server) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}",
            headers={"Authorization": f"Bearer {server.token()}"},
            timeout=120,
        )
        self._post("/projects", json={"name": _PROJECT})

    def close(self) -> None:
        self._client.close()

    def add(self, tag: str, photos: list[bytes]) -> int:
        """A new tag with these photos; how many."""
        self._post(f"/projects/{_PROJECT}/tags", json={"name": tag})
        for start in range(0, len(photos), _BATCH):
            batch = photos[start : start + _BATCH]
            files = [("images", (f"{tag} {index}.jpg", one)) for index, one in enumerate(batch)]
            self._post(f"/projects/{_PROJECT}/images", files=files, data={"tags": tag})
        return len(photos)

    def relabel(self, before: str, after: str) -> None:
        """Give one image another tag."""
        tags = {tag["name"]: tag["id"] for tag in self._get(f"/projects/{_PROJECT}/tags")["items"]}
        query = f"/projects/{_PROJECT}/images?tag={tags[before]}&limit=1"
        (image,) = self._get(query)["items"]
        change = {"image_ids": [image["id"]], "add": [tags[after]], "remove": []}
        self._post(f"/projects/{_PROJECT}/images/tags", json=change)

    def train(self) -> float:
        """Seconds from the request to the new metrics."""
        started = time.perf_counter()
        answer = self._post(f"/projects/{_PROJECT}/train", json={})
        address = f"/projects/{_PROJECT}/iterations/{answer['id']}"
        while (iteration := self._get(address))["status"] in ("queued", "training"):
            time.sleep(_POLL_SECONDS)
        if iteration["status"] != "completed":
            raise SystemExit(f"The training {iteration['status']}: {iteration['error']}")
        return time.perf_counter() - started

    def _post(self, path: str, **options: object) -> dict:
        return self._client.post(path, **options).raise_for_status().json()

    def _get(self, path: str) -> dict:
        return self._client.get(path).raise_for_status().json()
