"""The floor under every speed: decode, preprocess and one ONNX run, one thread, nothing else."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.file import load_efficientnet_lite0
from classifr.engine.backbones.session import BackboneSession
from classifr.engine.images.preprocessing import preprocess

_WARM_UP = 3


class Floor:
    """The engine's own functions, called in this process."""

    def __init__(self, models: Path) -> None:
        """models: where the ONNX file is, or is built."""
        self._session = BackboneSession(EFFICIENTNET_LITE0, load_efficientnet_lite0(models))

    def classify(self, photo: bytes) -> float:
        """Seconds from the file's bytes to the logits."""
        started = time.perf_counter()
        pixels = preprocess(photo, EFFICIENTNET_LITE0.input_size)
        self._session.logits(pixels[None])
        return time.perf_counter() - started


class FloorProcesses:
    """Several floors at the same time, each in a process of its own."""

    def __init__(self, models: Path, photos: Sequence[bytes], count: int) -> None:
        # A forked process would inherit the threads' locks, but not the threads.
        spawn = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_serve, args=(theirs, models, photos), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def throughput(self, seconds: float) -> float:
        """Images per second of all together, running for `seconds`."""
        for pipe in self._pipes:
            pipe.send(seconds)
        return sum(pipe.recv() for pipe in self._pipes)

    def processes(self) -> list[psutil.Process]:
        """For whoever counts CPU time."""
        return [psutil.Process(process.pid) for process in self._processes]

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()


def _serve(pipe: Connection, models: Path, photos: Sequence[bytes]) -> None:
    floor = Floor(models)
    for photo in photos[:_WARM_UP]:
        floor.classify(photo)
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        started = time.perf_counter()
        done = 0
        while (elapsed := time.perf_counter() - started) < seconds:
            floor.classify(photos[done % len(photos)])
            done += 1
        pipe.send(done / elapsed)
