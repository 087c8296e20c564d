"""`classifr dataset export`: a project's images as a folder for each tag, and `labels.csv`."""

import asyncio
import csv
from pathlib import Path

import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_project
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.concurrency import for_each
from classifr.cli.datasets.names import Names, safe_name
from classifr.cli.datasets.summaries import count
from classifr.cli.failures import ASKED_WRONGLY, CommandError
from classifr.cli.progress import bar
from classifr.cli.terminal import remark
from classifr.training.images.labels import LABELS_NAME, join_tags

UNTAGGED = "_untagged"
_ENDINGS = {"PNG": ".png", "BMP": ".bmp", "GIF": ".gif", "WEBP": ".webp"}
_USUAL_ENDING = ".jpg"


def export_dataset(place: Place, named: str | None, folder: Path) -> None:
    """Write every image as it came, and print the path of `labels.csv`. Raises: CommandError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            f"{folder} is not empty.", hint="Name a new folder.", exit_code=ASKED_WRONGLY
        )

    async def work(client: ApiClient) -> int:
        project = await find_project(client, named)
        images = [image async for image in client.images(project["id"])]
        # The oldest first, so that names are given in the order they came.
        await _write(client, project, images[::-1], folder)
        return len(images)

    exported = with_client(place, work)
    remark(f"Exported {count(exported, 'image')} to {folder}.")
    typer.echo(folder / LABELS_NAME)


async def _write(client: ApiClient, project: Json, images: list[Json], folder: Path) -> None:
    places = _places(images)
    await asyncio.to_thread(_make_folders, folder, {place.parent for place in places})

    async def fetch(one: tuple[Json, Path]) -> None:
        image, place = one
        path = f"/projects/{project['id']}/images/{image['id']}/original"
        (folder / place).write_bytes(await client.download(path))
        fetching.advance()

    with bar("Fetching", len(images)) as fetching:
        await for_each(zip(images, places, strict=True), fetch, at_once=client.at_once)
    await asyncio.to_thread(_write_labels, folder / LABELS_NAME, images, places)


def _make_folders(folder: Path, parents: set[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for parent in parents:
        (folder / parent).mkdir(exist_ok=True)


def _write_labels(file: Path, images: list[Json], places: list[Path]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["file", "tag"])
        for image, place in zip(images, places, strict=True):
            rows.writerow([place.as_posix(), join_tags(_tags(image))])


def _places(images: list[Json]) -> list[Path]:
    """Where each image goes: the folder of its first tag."""
    folders: dict[str, str] = {}
    folder_names, file_names = Names(), {}
    places = []
    for image in images:
        tags = _tags(image)
        tag = tags[0] if tags else ""
        if tag not in folders:
            folders[tag] = folder_names.take(safe_name(tag) if tag else UNTAGGED)
            file_names[tag] = Names()
        stem = Path(image["name"].replace("\\", "/")).stem or "image"
        name = safe_name(stem) + _ENDINGS.get(image["format"].upper(), _USUAL_ENDING)
        places.append(Path(folders[tag], file_names[tag].take(name)))
    return places


def _tags(image: Json) -> list[str]:
    return [tag["name"] for tag in image["tags"]]
