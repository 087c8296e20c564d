"""Publishing an iteration under a name, taking it from the one that has it."""

from dataclasses import dataclass

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import list_iterations
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
    return Publication(True, comparison)


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
