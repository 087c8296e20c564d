"""`classifr dataset export`: a project's images and labels as a folder, in one of three forms."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_project, list_tags
from classifr.cli.client.opening import with_client
from classifr.cli.commands.dataset import ExportFormat
from classifr.cli.commands.options import Place
from classifr.cli.datasets.layouts.coco import COCO
from classifr.cli.datasets.layouts.folders import FOLDERS
from classifr.cli.datasets.layouts.imagefolder import IMAGEFOLDER
from classifr.cli.datasets.layouts.layout import Contents
from classifr.cli.datasets.unfinished import Unfinished
from classifr.cli.progress import bar
from classifr.cli.terminal import remark
from classifr.cli.wording import count
from classifr.concurrency import for_each

_LAYOUTS = {
    ExportFormat.FOLDERS: FOLDERS,
    ExportFormat.COCO: COCO,
    ExportFormat.IMAGEFOLDER: IMAGEFOLDER,
}


def export_dataset(place: Place, named: str | None, folder: Path, form: ExportFormat) -> None:
    """Write every image as it came, and print the path of what to open. Raises: CommandError."""
    layout = _LAYOUTS[form]
    export = Unfinished(folder)

    async def work(client: ApiClient) -> int:
        contents = await _contents(client, named)
        places = layout.places(contents)
        export.open({"project": contents.project["id"], "format": form})
        try:
            await _fetch(client, contents, places, export)
        except BaseException:
            remark(f"Not finished: what was fetched is in {export.root}. Run it again to go on.")
            raise
        await asyncio.to_thread(export.keep_only, places)
        await asyncio.to_thread(layout.write_index, contents, places, export.files)
        export.finish()
        return len(contents.images)

    exported = with_client(place, work)
    remark(f"Exported {count(exported, 'image')} to {folder}.")
    typer.echo(folder / layout.index)


async def _contents(client: ApiClient, named: str | None) -> Contents:
    project = await find_project(client, named)
    tags = await list_tags(client, project)
    images = [image async for image in client.images(project["id"])]
    return Contents(project, tags, images[::-1])


async def _fetch(
    client: ApiClient, contents: Contents, places: Sequence[Path], export: Unfinished
) -> None:
    """Fetch the images that are not there yet."""
    there = 0

    async def fetch(one: tuple[Json, Path]) -> None:
        nonlocal there
        image, place = one
        if await asyncio.to_thread(export.has, place, image["sha256"]):
            there += 1
        else:
            path = f"/projects/{contents.project['id']}/images/{image['id']}/original"
            data = await client.download(path)
            await asyncio.to_thread(_write, export.files / place, data)
        fetching.advance()

    with bar("Fetching", len(places)) as fetching:
        images = zip(contents.images, places, strict=True)
        await for_each(images, fetch, at_once=client.at_once)
    if there:
        remark(f"Went on with an unfinished export: {count(there, 'image')} there already.")


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
