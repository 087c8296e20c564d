"""Projects, tags and iterations by what people call them.

Names are looked up in lists, because a name may hold a slash, which no address can.
"""

from collections.abc import Sequence

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.failures import AskedWrongly
from classifr.cli.terminal import remark
from classifr.kinds import LATEST, ClassificationType, IterationStatus


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
    found = _first(projects, name, "id", "name")
    if found is None:
        return await _create_project(client, name, is_multilabel=is_multilabel)
    if is_multilabel and not has_several_tags(found):
        raise AskedWrongly(
            f"The project {name} gives each image one tag.",
            hint="Leave out --multilabel, or name another project.",
        )
    return found


async def _create_project(client: ApiClient, name: str, *, is_multilabel: bool) -> Json:
    kind = ClassificationType.MULTILABEL if is_multilabel else ClassificationType.MULTICLASS
    project = await client.post("/projects", {"name": name, "classification_type": kind})
    remark(f"Created the project {name}.")
    return project


def has_several_tags(project: Json) -> bool:
    """Whether an image of this project may have more than one tag."""
    return bool(project["classification_type"] == ClassificationType.MULTILABEL)


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
    if (found := _first(iterations, named, "id", "name", "published_name")) is not None:
        return found
    if named == LATEST:
        trained = _first(iterations, IterationStatus.COMPLETED, "status")
        return trained or iterations[0]
    for iteration in iterations:
        if named == str(iteration["number"]):
            return iteration
    raise AskedWrongly(
        f"{project['name']} has no iteration called {named}.",
        hint=f"It has {', '.join(iteration['name'] for iteration in iterations)}.",
    )


def one_called(rows: Sequence[Json], named: str, *, kind: str, command: str) -> Json:
    """The row of this id or name; ids win. Raises: CommandError."""
    if (found := _first(rows, named, "id", "name")) is None:
        raise AskedWrongly(
            f"There is no {kind} called {named}.", hint=f"`classifr {command}` shows them."
        )
    return found


def _first(rows: Sequence[Json], value: str, *keys: str) -> Json | None:
    """The first row with this value; one under an earlier key wins."""
    return next((row for key in keys for row in rows if row[key] == value), None)
