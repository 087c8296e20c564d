"""`classifr iteration`."""

import json
from collections.abc import Sequence

import typer
from rich.markup import escape

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import (
    find_iteration,
    find_project,
    list_iterations,
)
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.failures import AskedWrongly
from classifr.cli.following import time_left
from classifr.cli.metrics import percent, print_metrics
from classifr.cli.publishing import publish_under, tell_default
from classifr.cli.terminal import confirm, plain_table, remark, stdout_console
from classifr.cli.wording import sentence
from classifr.kinds import IN_PROGRESS, IterationStatus

_NUMBERS = ("Precision", "Recall", "Average precision")


def list_all(place: Place, named: str | None, *, as_json: bool) -> None:
    """Print the iterations of a project, the newest first."""

    async def work(client: ApiClient) -> list[Json]:
        return await list_iterations(client, await find_project(client, named))

    iterations = with_client(place, work)
    if as_json:
        typer.echo(json.dumps({"items": iterations}))
        return
    table = plain_table(
        "Number", "Name", "Status", "Published as", "Tags", *_NUMBERS, right=("Tags", *_NUMBERS)
    )
    for iteration in iterations:
        summary = iteration["summary"] or {}
        table.add_row(
            str(iteration["number"]),
            escape(iteration["name"]),
            _status(iteration),
            escape(iteration["published_name"] or "-"),
            str(len(iteration["tags"]) or "-"),
            *(percent(summary.get(name)) for name in ("precision", "recall", "average_precision")),
        )
    stdout_console().print(table)


def show(
    place: Place, named: str | None, iteration: str, *, threshold: float, as_json: bool
) -> None:
    """Print an iteration and how good it is."""

    async def work(client: ApiClient) -> tuple[Json, Json | None]:
        path, found = await _find(client, named, iteration)
        if found["status"] != IterationStatus.COMPLETED:
            return found, None
        return found, await client.get(f"{path}/report", threshold=threshold)

    found, report = with_client(place, work)
    if as_json:
        typer.echo(json.dumps({**found, "report": report}))
        return
    console = stdout_console()
    facts = [_status(found), found["training_type"]]
    if found["image_count"]:
        facts.append(f"{found['image_count']:,} images")
    if found["published_name"]:
        facts.append(f"published as {found['published_name']}")
    console.print(f"[bold]{escape(found['name'])}[/bold]  [dim]{escape(', '.join(facts))}[/dim]")
    if found["error"]:
        console.print(escape(sentence(found["error"])))
    if report is not None:
        print_metrics(report)


def publish(
    place: Place,
    named: str | None,
    iteration: str,
    *,
    name: str,
    replace: bool,
    only_if_better: bool,
) -> None:
    """Let an iteration answer under a name."""

    async def work(client: ApiClient) -> None:
        path, found = await _find(client, named, iteration)
        if replace or only_if_better:
            project = await find_project(client, found["project_id"])
            await publish_under(client, project, found, name, only_if_better=only_if_better)
            return
        await client.post(f"{path}/publish", {"name": name})
        remark(f"{found['name']} is published as {name}.")
        await tell_default(client, found["project_id"])

    with_client(place, work)


def unpublish(place: Place, named: str | None, iteration: str) -> None:
    """Let an iteration answer no more."""

    async def work(client: ApiClient) -> Json:
        path, found = await _find(client, named, iteration)
        await client.post(f"{path}/unpublish")
        return found

    found = with_client(place, work)
    remark(f"{found['name']} is published no more.")


def roll_back(place: Place, named: str | None, *, name: str | None) -> None:
    """Give a published name back to the iteration that had it before."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        return await client.post(f"/projects/{project['id']}/rollback", {"name": name})

    restored = with_client(place, work)
    remark(f"{restored['name']} is published as {restored['published_name']} again.")


def cancel(place: Place, named: str | None, iteration: str | None) -> None:
    """Stop a training: the one that is under way, if none is named."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        if iteration is None:
            found = _under_way(await list_iterations(client, project), project)
        else:
            found = await find_iteration(client, project, iteration)
        await client.post(f"/projects/{project['id']}/iterations/{found['id']}/cancel")
        return found

    found = with_client(place, work)
    remark(f"Cancelled the training of {found['name']}.")


def delete(place: Place, named: str | None, iteration: str, *, yes: bool) -> None:
    """Delete an iteration's model."""

    async def work(client: ApiClient) -> Json:
        path, found = await _find(client, named, iteration)
        if not yes:
            confirm(f"Delete {found['name']}?")
        await client.delete(path)
        return found

    found = with_client(place, work)
    remark(f"Deleted {found['name']}.")


async def _find(client: ApiClient, named: str | None, iteration: str) -> tuple[str, Json]:
    """The address of an iteration, and the iteration."""
    project = await find_project(client, named)
    found = await find_iteration(client, project, iteration)
    return f"/projects/{project['id']}/iterations/{found['id']}", found


def _under_way(iterations: Sequence[Json], project: Json) -> Json:
    for iteration in iterations:
        if iteration["status"] in IN_PROGRESS:
            return iteration
    raise AskedWrongly(
        f"Nothing of {project['name']} is being trained.",
        hint="`classifr iteration list` shows its iterations.",
    )


def _status(iteration: Json) -> str:
    if iteration["status"] != IterationStatus.TRAINING:
        return str(iteration["status"])
    left = time_left(iteration["seconds_left"])
    return f"training {iteration['progress']:.0%}" + (f", {left}" if left else "")
