"""`classifr eval`: a labelled folder against an iteration."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_iteration, find_project, has_several_tags
from classifr.cli.client.opening import open_client
from classifr.cli.commands.options import Place
from classifr.cli.datasets.labelled import TEST_PARTS, LabelledImages, read_labelled
from classifr.cli.datasets.summaries import refused_line, tell_dataset
from classifr.cli.datasets.uploading import Refused
from classifr.cli.evaluation import scoring
from classifr.cli.evaluation.classifying import answers_of
from classifr.cli.failures import FAILED, AskedWrongly
from classifr.cli.metrics import percent, print_metrics
from classifr.cli.terminal import remark
from classifr.cli.wording import count
from classifr.kinds import LATEST, IterationStatus


@dataclass(frozen=True)
class EvaluationOptions:
    """What `classifr eval` was asked for."""

    folder: Path
    labels: Path | None
    project: str | None
    iteration: str | None
    compare: str | None
    fail_under: float | None
    threshold: float
    page: Path | None
    as_json: bool


def evaluate(options: EvaluationOptions, place: Place) -> int:
    """Print how good an iteration is; the exit code. Raises: CommandError."""
    dataset = read_labelled(options.folder, options.labels, part=TEST_PARTS)
    tell_dataset(dataset)
    report = asyncio.run(_report(options, dataset, place))
    if options.as_json:
        typer.echo(json.dumps(report))
    else:
        print_metrics(report, images="images")
    if comparison := report["comparison"]:
        remark(f"Compared with {comparison['with']}: {comparison['sentence']}")
    if options.page is not None:
        # Its thumbnails need the image library, which takes a moment to import.
        from classifr.cli.evaluation.page import evaluation_page  # noqa: PLC0415

        options.page.write_text(evaluation_page(report), encoding="utf-8")
        remark(f"Wrote {options.page}.")
    return _exit_code(report, options.fail_under)


async def _report(options: EvaluationOptions, dataset: LabelledImages, place: Place) -> Json:
    async with open_client(place) as client:
        project = await find_project(client, options.project)
        iteration = await _completed(client, project, options.iteration or LATEST)
        reference = None
        if options.compare is not None:
            reference = await _completed(client, project, options.compare)
        refused: list[Refused] = []

        def refuse(one: Refused) -> None:
            refused.append(one)
            remark(refused_line(one))

        scored = await _score(client, project, iteration, dataset, options.threshold, refuse)
        _check(scored, iteration)
        comparison = None
        if reference is not None:
            # What cannot be classified was told already.
            before = await _score(
                client, project, reference, dataset, options.threshold, lambda _: None
            )
            comparison = {"with": reference["name"], **scoring.compare(scored, before)}
    return {
        "project": project["name"],
        "iteration": iteration["name"],
        "iteration_id": iteration["id"],
        "folder": str(options.folder),
        **scoring.report(scored),
        "refused": [{"file": str(one.path), "status": one.status} for one in refused],
        "comparison": comparison,
    }


async def _score(
    client: ApiClient,
    project: Json,
    iteration: Json,
    dataset: LabelledImages,
    threshold: float,
    refuse: Callable[[Refused], None],
) -> scoring.Scored:
    answers = await answers_of(client, project, iteration, dataset.images, refuse)
    return scoring.score(
        answers,
        [tag["name"] for tag in iteration["tags"]],
        is_multilabel=has_several_tags(project),
        threshold=threshold,
    )


async def _completed(client: ApiClient, project: Json, named: str) -> Json:
    iteration = await find_iteration(client, project, named)
    if iteration["status"] != IterationStatus.COMPLETED:
        raise AskedWrongly(
            f"{iteration['name']} is not trained: it is {iteration['status']}.",
            hint="`classifr iteration list` shows which are.",
        )
    return iteration


def _check(scored: scoring.Scored, iteration: Json) -> None:
    known = ", ".join(scored.tags)
    if scored.unknown:
        left_out = ", ".join(f"{tag} ({number})" for tag, number in sorted(scored.unknown.items()))
        remark(f"Left out, because {iteration['name']} does not know their tags: {left_out}.")
    if not scored.images:
        raise AskedWrongly(
            f"There is no image to score {iteration['name']} on.", hint=f"It knows {known}."
        )


def _exit_code(report: Json, fail_under: float | None) -> int:
    if fail_under is not None and report["top1"] < fail_under:
        remark(f"Top-1 is {percent(report['top1'])}, under {percent(fail_under)}.")
        return FAILED
    if report["refused"]:
        remark(f"{count(len(report['refused']), 'image')} could not be classified.")
        return FAILED
    return 0
