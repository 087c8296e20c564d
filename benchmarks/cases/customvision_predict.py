"""The same image through Custom Vision's route with its official client, and through /predict."""

import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from msrest.authentication import ApiKeyCredentials

from api import Api
from cases.bench import Bench
from client import Client, predict_request
from measure import Measurement, run_rounds
from server import Server

#: Beside /predict and what the client itself takes.
LIMIT_MS = 3.0
_NAME = "live"
_ECHO = Path(__file__).parents[1] / "echo.py"
_ID = "00000000-0000-4000-8000-000000000000"
_TAG = {"probability": 0.5, "tagId": _ID, "tagName": "one", "boundingBox": None}
_ANSWER = json.dumps(
    {
        "id": _ID,
        "project": _ID,
        "iteration": _ID,
        "created": "2026-01-01T00:00:00.000Z",
        "predictions": [_TAG | {"tagType": "Regular"}] * 2,
    }
)

Send = Callable[[bytes], object]


def measure(bench: Bench) -> Iterator[Measurement]:
    """Medians of both routes and of the client against an echo, the same photos in turn."""
    with Server(bench.folder()) as server, Client(server.port) as client:
        project_id, send = _prepare(bench, server)
        requests = [predict_request(server.token(), photo) for photo in bench.photos]
        with _echo() as (echo, port):
            to_echo = _client(port, project_id, "key")
            things = {
                "predict": lambda: statistics.median(client.timed(one) for one in requests),
                "customvision": lambda: _median(send, bench.photos),
                "echo": lambda: _median(to_echo, bench.photos),
            }
            for thing in things.values():
                thing()
            rounds = run_rounds(
                things,
                rounds=bench.repeat(15, 4),
                ours=lambda: [*server.processes(), psutil.Process(echo.pid)],
            )
    took = {name: rounds.median(name) * 1000 for name in things}
    yield Measurement(
        name="customvision-predict",
        value=took["customvision"] - took["predict"] - took["echo"],
        unit="ms",
        limit=LIMIT_MS,
        others=rounds.others,
        details={f"{name}_ms": milliseconds for name, milliseconds in took.items()},
    )


def _prepare(bench: Bench, server: Server) -> tuple[str, Send]:
    """The project of a published iteration with two tags, and what asks it."""
    api = Api(server)
    api.new_project()
    half = len(bench.photos) // 2
    api.add("one", bench.photos[:half])
    api.add("two", bench.photos[half:])
    api.train()
    project_id, _ = api.publish(_NAME)
    key = api.make_key("predict")
    api.close()
    return project_id, _client(server.port, project_id, key)


def _client(port: int, project_id: str, key: str) -> Send:
    credentials = ApiKeyCredentials(in_headers={"Prediction-key": key})
    client = CustomVisionPredictionClient(f"http://127.0.0.1:{port}", credentials)
    return lambda photo: client.classify_image(project_id, _NAME, io.BytesIO(photo))


def _median(send: Send, photos: Sequence[bytes]) -> float:
    return statistics.median(_timed(send, photo) for photo in photos)


def _timed(send: Send, photo: bytes) -> float:
    started = time.perf_counter()
    send(photo)
    return time.perf_counter() - started


@contextmanager
def _echo() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The echo in a process of its own, and its port."""
    command = [sys.executable, str(_ECHO), _ANSWER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()
