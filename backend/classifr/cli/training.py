"""`classifr train`: a folder becomes a published model, as by hand in five steps."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.failures import ApiError
from classifr.cli.client.finding import list_iterations, project_to_fill
from classifr.cli.client.opening import open_client
from classifr.cli.commands.options import Place
from classifr.cli.datasets.labelled import TRAIN_PARTS, LabelledImages, read_labelled
from classifr.cli.datasets.summaries import (
    project_name,
    refused_line,
    tell_dataset,
    tell_uploaded,
    uploaded_json,
)
from classifr.cli.datasets.uploading import upload
from classifr.cli.failures import AskedWrongly, CommandError
from classifr.cli.following import follow
from classifr.cli.metrics import print_metrics
from classifr.cli.publishing import Publication, publish_under
from classifr.cli.terminal import remark
from classifr.kinds import IterationStatus, TrainingType


@dataclass(frozen=True)
class TrainingOptions:
    """What `classifr train` was asked for."""

    folder: Path
    labels: Path | None
    project: str | None
    add_only: Sequence[str]
    is_multilabel: bool
    threshold: float
    publish: str | None
    if_better: bool
    force: bool
    is_advanced: bool
    budget_hours: int | None
    as_json: bool


def train(options: TrainingOptions, place: Place) -> None:
    """Send what is new, train, measure and publish. Raises: CommandError."""
    if options.if_better and options.publish is None:
        raise AskedWrongly("--if-better says when to publish.", hint="Add --publish NAME.")
    if options.budget_hours is not None and not options.is_advanced:
        raise AskedWrongly("--budget-hours is for --advanced trainings.", hint="Add --advanced.")
    dataset = read_labelled(options.folder, options.labels, part=TRAIN_PARTS)
    if options.add_only:
        dataset = dataset.only(options.add_only)
    tell_dataset(dataset)
    asyncio.run(_train(options, dataset, place))


async def _train(options: TrainingOptions, dataset: LabelledImages, place: Place) -> None:
    async with open_client(place) as client:
        name = options.project or project_name(options.folder)
        project = await project_to_fill(client, name, is_multilabel=options.is_multilabel)
        uploaded = await upload(
            client, project, dataset, report=lambda refused: remark(refused_line(refused))
        )
        tell_uploaded(uploaded)
        iteration = await train_project(client, project, _payload(options))
        path = f"/projects/{project['id']}/iterations/{iteration['id']}"
        report = await client.get(f"{path}/report", threshold=options.threshold)
        if not options.as_json:
            print_metrics(report)
        published = None
        if options.publish is not None:
            published = await publish_under(
                client, project, iteration, options.publish, only_if_better=options.if_better
            )
        if options.as_json:
            iteration = await client.get(path)
            _print_json(project, uploaded_json(uploaded), iteration, report, published)


async def train_project(
    client: ApiClient, project: Json, payload: Json, *, can_force: bool = True
) -> Json:
    """A new iteration, or the one that learned from the same images already.

    payload: of `POST /projects/{project}/train`; can_force: the command has --force.

    Raises: CommandError.
    """
    try:
        iteration = await client.post(f"/projects/{project['id']}/train", payload)
    except ApiError as error:
        if error.code != "training_not_needed":
            raise
        return await _last_completed(client, project, can_force=can_force)
    iteration = await follow(client, project, iteration)
    remark(f"{iteration['name']} is trained on {iteration['image_count']:,} images.")
    return iteration


def _payload(options: TrainingOptions) -> Json:
    payload: Json = {
        "training_type": TrainingType.ADVANCED if options.is_advanced else TrainingType.REGULAR,
        "force": options.force,
    }
    if options.budget_hours is not None:
        payload["budget_hours"] = options.budget_hours
    return payload


async def _last_completed(client: ApiClient, project: Json, *, can_force: bool) -> Json:
    for iteration in await list_iterations(client, project):
        if iteration["status"] == IterationStatus.COMPLETED:
            hint = " Hint: --force trains all the same." if can_force else ""
            remark(f"Nothing changed since {iteration['name']} was trained.{hint}")
            return iteration
    raise CommandError(
        "Nothing changed since the last training, and no iteration is trained.",
        hint=f"{'--force' if can_force else 'classifr train --force'} trains all the same.",
    )


def _print_json(
    project: Json, uploaded: Json, iteration: Json, report: Json, published: Publication | None
) -> None:
    typer.echo(
        json.dumps(
            {
                "project": {"id": project["id"], "name": project["name"]},
                "uploaded": uploaded,
                "iteration": iteration,
                "report": report,
                "comparison": published.comparison if published else None,
                "is_published": bool(published and published.is_published),
            }
        )
    )
