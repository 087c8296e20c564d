"""Images uploaded in Custom Vision's dialect, against the JSON API."""

import base64
import time
from collections.abc import Iterator, Sequence
from itertools import count
from uuid import UUID

from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    ImageFileCreateBatch,
    ImageFileCreateEntry,
)
from msrest.authentication import ApiKeyCredentials

from cases.bench import Bench
from client import Client, images_request, json_request
from measure import Measurement, run_rounds
from server import Server

LIMIT = 0.8
_BATCH = 60
_names = count(1)


def measure(bench: Bench) -> Iterator[Measurement]:
    """Images per second over one connection, in batches of sixty, each round in a new project.

    Requests are made beforehand for both, so that the server alone is measured; the details tell
    what is left of it through the SDK, which makes them while the time runs.
    """
    images = bench.repeat(960, 240)
    photos = distinct(bench.photos, images)
    batches = [photos[start : start + _BATCH] for start in range(0, images, _BATCH)]
    with bench.folder() as folder, Server(folder) as server:
        token = server.token()
        key = training_key(server, token)
        sdk = CustomVisionTrainingClient(
            f"http://127.0.0.1:{server.port}", ApiKeyCredentials(in_headers={"Training-key": key})
        )
        sdk.config.proxies.use_env_settings = False

        def through_sdk() -> float:
            project = new_project(server, token)
            started = time.perf_counter()
            for batch in batches:
                entries = [ImageFileCreateEntry(name="a.jpg", contents=photo) for photo in batch]
                sent = sdk.create_images_from_files(project, ImageFileCreateBatch(images=entries))
                if not sent.is_batch_successful:
                    raise SystemExit("an image of the batch was refused")
            return images / (time.perf_counter() - started)

        def in_dialect() -> float:
            path = f"/customvision/v3.3/Training/projects/{new_project(server, token)}/images/files"
            requests = [
                json_request(path, {"images": list(map(_entry, batch))}, Training_Key=key)
                for batch in batches
            ]
            return images / send_all_seconds(server, requests)

        def through_json_api() -> float:
            path = f"/projects/{new_project(server, token)}/images"
            requests = [images_request(token, path, batch) for batch in batches]
            return images / send_all_seconds(server, requests)

        rounds = run_rounds(
            {"floor": through_json_api, "dialect": in_dialect, "sdk": through_sdk},
            rounds=bench.repeat(5, 2),
            ours=server.processes,
        )
        sdk.close()
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


def distinct(photos: list[bytes], number: int) -> list[bytes]:
    """So many files, no two the same; decoders pass over what follows an image's end."""
    return [photos[index % len(photos)] + b"%06d" % index for index in range(number)]


def _entry(photo: bytes) -> dict[str, str]:
    return {"name": "a.jpg", "contents": base64.b64encode(photo).decode()}


def send_all_seconds(server: Server, requests: Sequence[bytes]) -> float:
    """How long these take over one connection, one after the other."""
    # A new one, because the server closes those that were idle for long.
    with Client(server.port) as client:
        return sum(client.timed(request) for request in requests)


def training_key(server: Server, token: str) -> str:
    """A new API key that may train."""
    request = json_request("/auth/keys", {"name": "bench", "scopes": ["train"]}, token)
    with Client(server.port) as client:
        return str(client.json(request)["key"])


def new_project(server: Server, token: str) -> UUID:
    """An empty project."""
    request = json_request("/projects", {"name": f"Bench {next(_names)}"}, token)
    with Client(server.port) as client:
        return UUID(client.json(request)["id"])
