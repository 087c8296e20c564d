"""Publishing an iteration under a name, taking it from the one that has it."""

import shlex
from dataclasses import dataclass

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import list_iterations, list_projects
from classifr.cli.terminal import remark

BETTER, WORSE = "better", "worse"


@dataclass(frozen=True)
class Publication:
    """What became of a wish to publish."""

    is_published: bool
    comparison: Json | None  #: With the iteration that had the name; None if there was none.


async def publish_under(
    client: ApiClient, project: Json, iteration: Json, name: str, *, only_if_better: bool
) -> Publication:
    """Publish, moving the name. only_if_better: not unless the comparison says so."""
    path = f"/projects/{project['id']}/iterations/{iteration['id']}"
    if iteration["published_name"] == name:
        remark(f"{iteration['name']} is published as {name} already.")
        return Publication(True, None)
    comparison = None
    before = await _published(client, project, name)
    if before is not None:
        comparison = await client.get(f"{path}/compare", **{"with": before["id"]})
        remark(f"Compared with {before['name']}: {comparison['sentence']}")
        if only_if_better and not is_improvement(comparison):
            remark(f"{iteration['name']} is not published; {before['name']} goes on as {name}.")
            return Publication(False, comparison)
    await client.post(f"{path}/publish", {"name": name, "replace": True})
    taken = f" instead of {before['name']}" if before else ""
    remark(f"{iteration['name']} is published as {name}{taken}.")
    await tell_default(client, project["id"])
    return Publication(True, comparison)


async def tell_default(client: ApiClient, project_id: str) -> None:
    """Say so if what was published does not answer whoever names no project."""
    projects = await list_projects(client)
    default = next((project for project in projects if project["is_default"]), None)
    own = next((project for project in projects if project["id"] == project_id), None)
    if own is None or default is None or default["id"] == project_id:
        return
    remark(
        f"Whoever names no project is still answered by {default['name']}. "
        f"Hint: classifr project use {shlex.quote(own['name'])}"
    )


def is_improvement(comparison: Json) -> bool:
    """Better on what both know; or not worse, and it knows more and has forgotten nothing."""
    if comparison["verdict"] == BETTER:
        return True
    knows_more = bool(comparison["new_tags"]) and not comparison["lost_tags"]
    return knows_more and comparison["verdict"] != WORSE


async def _published(client: ApiClient, project: Json, name: str) -> Json | None:
    for iteration in await list_iterations(client, project):
        if iteration["published_name"] == name:
            return iteration
    return None
