"""`classifr import-customvision`: a project of Custom Vision becomes one of ours."""

import asyncio
import json
from dataclasses import asdict, dataclass

import typer

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import list_projects, list_tags
from classifr.cli.client.opening import open_client
from classifr.cli.commands.options import Place
from classifr.cli.failures import FAILED, AskedWrongly, CommandError
from classifr.cli.metrics import percent, print_metrics
from classifr.cli.moving.copying import Copied, Copier, Refused
from classifr.cli.moving.source import Source, open_source
from classifr.cli.moving.values import SourceImage, SourceProject
from classifr.cli.publishing import publish_under
from classifr.cli.terminal import busy, remark
from classifr.cli.training import train_project
from classifr.cli.wording import count, sentence
from classifr.kinds import TrainingType

_MOST_NAMED = 5
#: What a project of ours keeps of its settings over there.
_KEPT_SETTINGS = ("targetExportPlatforms", "imageProcessingSettings")


@dataclass(frozen=True)
class ImportOptions:
    """What `classifr import-customvision` was asked for."""

    endpoint: str
    training_key: str
    project: str
    name: str | None
    all_iterations: bool
    is_trained: bool
    publish: str | None
    threshold: float
    as_json: bool


def import_project(options: ImportOptions, place: Place) -> int:
    """Copy, verify, train; the exit code. Raises: CommandError."""
    if options.publish is not None and not options.is_trained:
        raise AskedWrongly("--publish needs a trained iteration.", hint="Leave out --no-train.")
    try:
        return asyncio.run(_import(options, place))
    except KeyboardInterrupt:
        remark("Not finished. Run it again to go on.")
        raise


async def _import(options: ImportOptions, place: Place) -> int:
    async with (
        open_source(options.endpoint, options.training_key) as source,
        open_client(place) as client,
    ):
        project = await source.find_project(options.project)
        await _check_domain(source, project)
        target = await _target(client, project, options.name or project.name)
        tag_ids = await _copy_tags(client, project, target)
        with busy("Listing the images"):
            images = await _list(source, project, is_whole=options.all_iterations)
        copier = Copier(source, project, client, target, tag_ids, report=_tell_refused)
        copied = await copier.copy(images)
        listed_in_full = await _tell_counts(source, project, images, copied, options)
        answer: Json = {"project": target["id"], "source": project.id, "images": asdict(copied)}
        if options.is_trained:
            answer |= await _train(source, project, client, target, options)
    if options.as_json:
        typer.echo(json.dumps(answer))
    return 0 if copied.is_complete and listed_in_full else FAILED


async def _check_domain(source: Source, project: SourceProject) -> None:
    if project.domain_id is None:
        return
    if await source.domain_type(project.domain_id) == "ObjectDetection":
        raise AskedWrongly(
            f"{project.name} detects objects; Classifr classifies whole images.",
            hint="Name a classification project.",
        )


async def _target(client: ApiClient, project: SourceProject, name: str) -> Json:
    """The project of this name, made if it is not there."""
    for found in await list_projects(client):
        if found["name"] == name:
            if found["classification_type"] != project.classification_type:
                raise AskedWrongly(
                    f"The project {name} is {found['classification_type']}, and the one to import "
                    f"is {project.classification_type}.",
                    hint="Give another name with --name.",
                )
            return found
    kept = {key: project.settings[key] for key in _KEPT_SETTINGS if project.settings.get(key)}
    created = await client.post(
        "/projects",
        {
            "name": name,
            "description": project.description,
            "classification_type": project.classification_type,
            "custom_vision": {"domain_id": project.domain_id, "settings": kept},
        },
    )
    remark(f"Created the project {name}.")
    return created


async def _copy_tags(client: ApiClient, project: SourceProject, target: Json) -> dict[str, str]:
    """Our tags by the ids they have over there; those that we lack are made."""
    known = {tag["name"]: tag["id"] for tag in await list_tags(client, target)}
    path = f"/projects/{target['id']}/tags"
    for tag in project.tags:
        if tag.name not in known:
            new = {"name": tag.name, "description": tag.description, "type": tag.type}
            known[tag.name] = (await client.post(path, new))["id"]
    return {tag.id: known[tag.name] for tag in project.tags}


async def _list(source: Source, project: SourceProject, *, is_whole: bool) -> list[SourceImage]:
    """Each image once, as the project has it now; is_whole: also what only iterations have."""
    known_tags = {tag.id for tag in project.tags}
    images = {image.id: image async for image in source.images(project)}
    for iteration in await source.iterations(project) if is_whole else ():
        async for image in source.images(project, iteration):
            images.setdefault(image.id, image)
    return [
        SourceImage(image.id, image.tag_ids & known_tags, image.address, image.metadata)
        for image in images.values()
    ]


async def _tell_counts(
    source: Source,
    project: SourceProject,
    images: list[SourceImage],
    copied: Copied,
    options: ImportOptions,
) -> bool:
    """Say what came along; whether as many were listed as there are."""
    there = await source.image_count(project)
    remark(
        f"{count(len(images), 'image')} over there: {copied.added:,} copied, "
        f"{copied.already:,} here already, {copied.duplicates:,} the same as another, "
        f"{len(copied.refused):,} refused."
    )
    if copied.retagged:
        remark(f"Tagged {count(copied.retagged, 'image')} anew.")
    if copied.missing:
        some = ", ".join(copied.missing[:_MOST_NAMED])
        remark(f"{count(len(copied.missing), 'image')} not here, such as {some}. Run it again.")
    is_whole = len(images) == there or (options.all_iterations and len(images) > there)
    if not is_whole:
        remark(
            f"{project.name} has {count(there, 'image')} by now, and {len(images):,} were listed. "
            "It changed meanwhile: run it again."
        )
    return is_whole


async def _train(
    source: Source,
    project: SourceProject,
    client: ApiClient,
    target: Json,
    options: ImportOptions,
) -> Json:
    payload: Json = {"training_type": TrainingType.REGULAR}
    iteration = await train_project(client, target, payload, can_force=False)
    path = f"/projects/{target['id']}/iterations/{iteration['id']}"
    report = await client.get(f"{path}/report", threshold=options.threshold)
    before = await _performance_before(source, project, options.threshold)
    if not options.as_json:
        print_metrics(report)
        if before is not None:
            remark(
                f"Over there, {before['iteration']} has precision {percent(before['precision'])}, "
                f"recall {percent(before['recall'])}, average precision "
                f"{percent(before['averagePrecision'])}, on held-out images of its own."
            )
    if options.publish is not None:
        await publish_under(client, target, iteration, options.publish, only_if_better=False)
    return {"iteration": iteration["id"], "report": report, "before": before}


async def _performance_before(
    source: Source, project: SourceProject, threshold: float
) -> Json | None:
    """What the newest trained iteration over there had; None if it has no numbers."""
    for iteration in await source.iterations(project):
        if iteration.is_completed:
            try:
                found = await source.performance(project, iteration, threshold=threshold)
            except CommandError:
                return None
            return {"iteration": iteration.name, **found}
    return None


def _tell_refused(refused: Refused) -> None:
    remark(f"{refused.id}: {refused.status}. {sentence(refused.detail)}")
