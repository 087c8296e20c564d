"""`classifr dataset import`: a folder, a CSV file or a zip file into a project."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import rich.progress
import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import project_to_fill
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.datasets.labelled import TRAIN_PARTS, LabelledImages, read_labelled, read_labels
from classifr.cli.datasets.summaries import (
    project_name,
    refused_line,
    tell_dataset,
    tell_uploaded,
    uploaded_json,
)
from classifr.cli.datasets.uploading import upload
from classifr.cli.failures import FAILED, AskedWrongly
from classifr.cli.terminal import remark, stderr_console
from classifr.cli.wording import count, sentence


def import_dataset(
    place: Place,
    named: str | None,
    source: Path,
    *,
    labels: Path | None,
    is_multilabel: bool,
    as_json: bool,
) -> int:
    """Send what the project does not have yet; the exit code. Raises: CommandError."""
    name = named or project_name(source)
    if source.suffix.lower() == ".zip" and source.is_file():
        if labels is not None:
            raise AskedWrongly(
                "A zip file has its labels in it.",
                hint="Put a labels.csv into it, or import a folder.",
            )
        return _import_zip(place, name, source, is_multilabel=is_multilabel, as_json=as_json)
    dataset = _read(source, labels)
    if dataset.missing:
        tell_dataset(dataset)
    return _import_images(place, name, dataset, is_multilabel=is_multilabel, as_json=as_json)


def _read(source: Path, labels: Path | None) -> LabelledImages:
    if source.suffix.lower() == ".csv" and source.is_file():
        return read_labels(source, root=source.parent)
    return read_labelled(source, labels, part=TRAIN_PARTS)


def _import_images(
    place: Place, name: str, dataset: LabelledImages, *, is_multilabel: bool, as_json: bool
) -> int:
    async def work(client: ApiClient) -> Json:
        project = await project_to_fill(client, name, is_multilabel=is_multilabel)
        uploaded = await upload(
            client,
            project,
            dataset,
            report=lambda refused: remark(refused_line(refused)),
            with_untagged=True,
        )
        tell_uploaded(uploaded)
        return uploaded_json(uploaded)

    answer = with_client(place, work)
    if as_json:
        typer.echo(json.dumps(answer))
    return FAILED if answer["refused"] or dataset.missing else 0


def _import_zip(place: Place, name: str, file: Path, *, is_multilabel: bool, as_json: bool) -> int:
    async def work(client: ApiClient) -> Json:
        project = await project_to_fill(client, name, is_multilabel=is_multilabel)
        with _watched(file) as archive:
            return await client.send_files(
                f"/projects/{project['id']}/images/archive",
                {"archive": ("archive.zip", archive)},
                has_patience=True,
            )

    answer = with_client(place, work)
    for item in answer["items"]:
        remark(f"{item['name']}: {item['status'] or 'left out'}. {sentence(item['detail'] or '')}")
    remark(
        f"Added {count(answer['added'], 'image')}; {answer['duplicates']:,} there already, "
        f"{answer['refused']:,} refused, {answer['skipped']:,} no images."
    )
    if as_json:
        typer.echo(json.dumps(answer))
    return FAILED if answer["refused"] else 0


@contextmanager
def _watched(file: Path) -> Iterator[BinaryIO]:
    """The file, with a bar of how much of it is read where somebody looks."""
    console = stderr_console()
    if console is None:
        with file.open("rb") as archive:
            yield archive
        return
    with rich.progress.open(
        file, "rb", description="Sending", console=console, transient=True
    ) as archive:
        yield archive
