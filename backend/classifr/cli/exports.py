"""`classifr iteration export`: the model as a file, and the proof that it answers alike."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_iteration, find_project
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.datasets.names import safe_name
from classifr.cli.failures import FAILED, AskedWrongly, CommandError
from classifr.cli.progress import bar
from classifr.cli.sources import image_names
from classifr.cli.terminal import busy, remark
from classifr.cli.wording import count
from classifr.concurrency import for_each
from classifr.engine.images.preprocessing import preprocess

TOLERANCE = 1e-5
STORED = "stored"
_MOST_STORED = 100


def export(
    place: Place,
    named: str | None,
    iteration: str,
    *,
    output: Path | None,
    verify: Sequence[str],
    force: bool,
) -> int:
    """Write the archive and print its path; the exit code. Raises: CommandError."""
    files = list(image_names([source for source in verify if source != STORED]))

    async def work(client: ApiClient) -> tuple[Path, int]:
        project = await find_project(client, named)
        found = await find_iteration(client, project, iteration)
        file = output or Path(f"{safe_name(project['name'])}-{found['number']}.zip")
        _check_writable(file, force=force)
        path = f"/projects/{project['id']}/iterations/{found['id']}"
        with busy("Exporting"):
            archive = await client.download(f"{path}/export")
        code = 0
        if verify:
            images = [await asyncio.to_thread(Path(name).read_bytes) for name in files]
            if STORED in verify:
                images += await _stored(client, project)
            code = await _verify(client, path, archive, images)
        file.write_bytes(archive)
        return file, code

    file, code = with_client(place, work)
    typer.echo(file)
    return code


def _check_writable(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise AskedWrongly(f"{file} is there already.", hint="Add --force.")
    if not file.absolute().parent.is_dir():
        raise AskedWrongly(f"There is no folder {file.parent}.", hint="Make it first.")


async def _stored(client: ApiClient, project: Json) -> list[bytes]:
    """Images that the project learned from, the newest first."""
    paths = []
    async for image in client.images(project["id"]):
        paths.append(f"/projects/{project['id']}/images/{image['id']}/original")
        if len(paths) == _MOST_STORED:
            break
    return [await client.download(path) for path in paths]


async def _verify(client: ApiClient, path: str, archive: bytes, images: Sequence[bytes]) -> int:
    """Compare each probability with the API's; the exit code."""
    exported = ExportedModel(archive)
    differences: list[float] = []

    async def compare(data: bytes) -> None:
        answer = await client.send_files(f"{path}/test", {"image": ("image", data)})
        ours = await asyncio.to_thread(exported.probabilities, data)
        theirs = {one["tag"]: one["probability"] for one in answer["predictions"]}
        differences.append(max(abs(ours[tag] - theirs[tag]) for tag in exported.tags))
        verifying.advance()

    with bar("Verifying", len(images)) as verifying:
        await for_each(images, compare, at_once=client.at_once)
    if not differences:
        raise CommandError("There is no image to verify it on.", hint="Name some with --verify.")
    worst = max(differences)
    said = f"on {count(len(differences), 'image')}: the largest difference is {worst:.1e}"
    if worst > TOLERANCE:
        remark(f"The exported model does not answer as the API does {said}.")
        return FAILED
    remark(f"The exported model answers as the API does {said}.")
    return 0


class ExportedModel:
    """An exported archive, run as any program would run it."""

    def __init__(self, archive: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            record = json.loads(files.read("metadata.json"))
            self.tags: list[str] = record["tags"]
            self._input: str = record["input"]["name"]
            self._size: int = record["input"]["shape"][1]
            self._output: str = record["output"]["name"]
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._session = onnxruntime.InferenceSession(files.read("model.onnx"), options)

    def probabilities(self, data: bytes) -> dict[str, float]:
        """Of each tag, for an image file. Raises: ImageError."""
        pixels = preprocess(data, self._size)[np.newaxis]
        (answers,) = self._session.run([self._output], {self._input: pixels})
        return dict(zip(self.tags, answers[0].tolist(), strict=True))
