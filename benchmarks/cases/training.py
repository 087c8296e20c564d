"""Training over the API, from new images, from some new images, and after a relabel."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from api import Api
from cases.bench import Bench
from classifr.engine.cores import usable_cores
from floor import FloorProcesses
from measure import Measurement, OthersWatch, cpu_seconds
from photos import make_photo
from server import Server

#: Of the floor, and so many seconds beside it.
LIMIT = 1.15
FIXED_SECONDS = 5.0
RELABEL_LIMIT_SECONDS = 5.0


def measure(bench: Bench) -> Iterator[Measurement]:
    """Four tags, then two more, then one image with another tag."""
    images = _images(bench)
    tags = sorted(images)
    with Server(bench.folder()) as server:
        floors = FloorProcesses(bench.models, images[tags[0]], usable_cores())
        api = Api(server)
        api.new_project()
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
    name: str, api: "Api", server: Server, floors: FloorProcesses, new: int, seconds: float
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
