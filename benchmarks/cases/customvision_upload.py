"""Images uploaded in Custom Vision's dialect, against the JSON API."""

import base64
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count

from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    ImageFileCreateBatch,
    ImageFileCreateEntry,
)
from msrest.authentication import ApiKeyCredentials

from api import Api
from cases.bench import Bench
from client import images_request, json_request, send_all_seconds
from measure import Measurement, run_rounds
from photos import distinct
from server import Server

LIMIT = 0.8
_BATCH = 60


def measure(bench: Bench) -> Iterator[Measurement]:
    """Images per second over one connection, in batches of sixty, each round in a new project.

    Requests are made beforehand for both, so that the server alone is measured; the details tell
    what is left of it through the SDK, which makes them while the time runs.
    """
    images = bench.repeat(960, 240)
    photos = distinct(bench.photos, images)
    batches = [photos[start : start + _BATCH] for start in range(0, images, _BATCH)]
    with (
        Server(bench.folder()) as server,
        closing(_Uploads(server, batches)) as uploads,
    ):
        rounds = run_rounds(
            {
                "floor": uploads.through_json_api,
                "dialect": uploads.in_dialect,
                "sdk": uploads.through_sdk,
            },
            rounds=bench.repeat(5, 2),
            ours=server.processes,
        )
    yield Measurement(
        name="customvision-upload",
        value=rounds.median("dialect"),
        unit="images/s",
        floor=rounds.median("floor"),
        limit=LIMIT,
        at_least=True,
        spread=rounds.spread("floor"),
        others=rounds.others,
        details={"sdk_images_per_second": rounds.median("sdk")},
    )


class _Uploads:
    """The same photos in three ways, into a new project each time: images per second."""

    def __init__(self, server: Server, batches: list[list[bytes]]) -> None:
        self._port = server.port
        self._token = server.token()
        self._batches = batches
        self._images = sum(map(len, batches))
        self._api = Api(server)
        self._names = count(1)
        self._key = self._api.make_key("train")
        self._sdk = CustomVisionTrainingClient(
            f"http://127.0.0.1:{server.port}",
            ApiKeyCredentials(in_headers={"Training-key": self._key}),
        )
        self._sdk.config.proxies.use_env_settings = False

    def close(self) -> None:
        """End the connections."""
        self._sdk.close()
        self._api.close()

    def through_sdk(self) -> float:
        """With the official client, which makes its requests while the time runs."""
        project = self._new_project()
        started = time.perf_counter()
        for batch in self._batches:
            entries = [ImageFileCreateEntry(name="a.jpg", contents=photo) for photo in batch]
            sent = self._sdk.create_images_from_files(project, ImageFileCreateBatch(images=entries))
            if not sent.is_batch_successful:
                raise SystemExit("an image of the batch was refused")
        return self._images / (time.perf_counter() - started)

    def in_dialect(self) -> float:
        """The requests of the official client, made beforehand."""
        path = f"/customvision/v3.3/Training/projects/{self._new_project()}/images/files"
        return self._rate(
            json_request(path, {"images": list(map(_entry, batch))}, Training_Key=self._key)
            for batch in self._batches
        )

    def through_json_api(self) -> float:
        """The forms of the JSON API, made beforehand."""
        path = f"/projects/{self._new_project()}/images"
        return self._rate(images_request(self._token, path, batch) for batch in self._batches)

    def _new_project(self) -> str:
        return self._api.new_project(f"Bench {next(self._names)}")

    def _rate(self, requests: Iterable[bytes]) -> float:
        return self._images / send_all_seconds(self._port, list(requests))


def _entry(photo: bytes) -> dict[str, str]:
    return {"name": "a.jpg", "contents": base64.b64encode(photo).decode()}
