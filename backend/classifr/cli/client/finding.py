"""Projects, tags and iterations by what people call them.

Names are looked up in lists, because a name may hold a slash, which no address can.
"""

from collections.abc import Sequence

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.failures import AskedWrongly
from classifr.cli.terminal import remark

LATEST = "latest"
MULTICLASS, MULTILABEL = "Multiclass", "Multilabel"


async def list_projects(client: ApiClient) -> list[Json]:
    """Every project, the built-in one too."""
    return [project async for project in client.items("/projects")]


async def find_project(client: ApiClient, named: str | None) -> Json:
    """The project of this id or name; None is the only one of one's own.

    Raises: CommandError.
    """
    projects = await list_projects(client)
    if named is not None:
        return one_called(projects, named, kind="project", command="project list")
    own = [project for project in projects if not project["is_builtin"]]
    if len(own) == 1:
        return own[0]
    if not own:
        raise AskedWrongly("There is no project yet.", hint="classifr train DIR makes one.")
    names = ", ".join(project["name"] for project in own)
    raise AskedWrongly(f"There are {len(own)} projects: {names}.", hint="Name one with --project.")


async def project_to_fill(client: ApiClient, name: str, *, is_multilabel: bool) -> Json:
    """The project of this id or name, made if it is not there.

    Raises: CommandError if it gives each image one tag, and several are asked for.
    """
    projects = await list_projects(client)
    for key in ("id", "name"):
        for project in projects:
            if project[key] == name:
                if is_multilabel and project["classification_type"] != MULTILABEL:
                    raise AskedWrongly(
                        f"The project {name} gives each image one tag.",
                        hint="Leave out --multilabel, or name another project.",
                    )
                return project
    kind = MULTILABEL if is_multilabel else MULTICLASS
    project = await client.post("/projects", {"name": name, "classification_type": kind})
    remark(f"Created the project {name}.")
    return project


async def list_tags(client: ApiClient, project: Json) -> list[Json]:
    """Every tag of a project, by name."""
    return [tag async for tag in client.items(f"/projects/{project['id']}/tags")]


async def find_tag(client: ApiClient, project: Json, named: str) -> Json:
    """The tag of this id or name. Raises: CommandError."""
    tags = await list_tags(client, project)
    return one_called(tags, named, kind="tag", command="tag list")


async def list_iterations(client: ApiClient, project: Json) -> list[Json]:
    """Every iteration of a project, the newest first."""
    path = f"/projects/{project['id']}/iterations"
    return [iteration async for iteration in client.items(path)]


async def find_iteration(client: ApiClient, project: Json, named: str) -> Json:
    """The iteration of this id, name, published name or number, or the latest that is trained.

    Raises: CommandError.
    """
    iterations = await list_iterations(client, project)
    if not iterations:
        raise AskedWrongly(f"{project['name']} has no iteration yet.", hint="classifr train DIR")
    for key in ("id", "name", "published_name"):
        found = [iteration for iteration in iterations if iteration[key] == named]
        if found:
            return found[0]
    if named == LATEST:
        trained = [iteration for iteration in iterations if iteration["status"] == "completed"]
        return (trained or iterations)[0]
    for iteration in iterations:
        if named == str(iteration["number"]):
            return iteration
    raise AskedWrongly(
        f"{project['name']} has no iteration called {named}.",
        hint=f"It has {', '.join(iteration['name'] for iteration in iterations)}.",
    )


def one_called(rows: Sequence[Json], named: str, *, kind: str, command: str) -> Json:
    """The row of this id or name; ids win. Raises: CommandError."""
    for key in ("id", "name"):
        for row in rows:
            if row[key] == named:
                return row
    raise AskedWrongly(
        f"There is no {kind} called {named}.", hint=f"`classifr {command}` shows them."
    )
