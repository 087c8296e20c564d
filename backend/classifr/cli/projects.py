"""`classifr project`."""

import json

import typer
from rich.markup import escape

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_project, list_projects, list_tags
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.tags import print_tags
from classifr.cli.terminal import confirm, plain_table, remark, stdout_console
from classifr.cli.wording import count
from classifr.kinds import ClassificationType


def list_all(place: Place, *, as_json: bool) -> None:
    """Print every project."""
    projects = with_client(place, list_projects)
    if as_json:
        typer.echo(json.dumps({"items": projects}))
        return
    table = plain_table("Name", "Type", "Tags", "Images", "Answers", right=("Tags", "Images"))
    for project in projects:
        table.add_row(
            escape(project["name"]),
            project["classification_type"],
            f"{project['tag_count']:,}",
            f"{project['image_count']:,}",
            "by default" if project["is_default"] else "",
        )
    stdout_console().print(table)


def create(place: Place, name: str, *, description: str, is_multilabel: bool) -> None:
    """Make a project and print its id."""
    kind = ClassificationType.MULTILABEL if is_multilabel else ClassificationType.MULTICLASS
    payload: Json = {
        "name": name,
        "description": description,
        "classification_type": kind,
    }
    project = with_client(place, lambda client: client.post("/projects", payload))
    remark(f"Created the project {project['name']}.")
    typer.echo(project["id"])


def show(place: Place, named: str, *, as_json: bool) -> None:
    """Print a project and its tags."""

    async def work(client: ApiClient) -> tuple[Json, list[Json]]:
        project = await find_project(client, named)
        return project, await list_tags(client, project)

    project, tags = with_client(place, work)
    if as_json:
        typer.echo(json.dumps({**project, "tags": tags}))
        return
    console = stdout_console()
    untagged = project["untagged_count"]
    facts = [
        project["classification_type"],
        count(project["image_count"], "image"),
        *([f"{untagged:,} without a tag"] if untagged else []),
        *(["answers by default"] if project["is_default"] else []),
    ]
    console.print(f"[bold]{escape(project['name'])}[/bold]  [dim]{', '.join(facts)}[/dim]")
    if project["description"]:
        console.print(escape(project["description"]))
    print_tags(tags)


def rename(place: Place, named: str, name: str) -> None:
    """Give a project another name."""

    async def work(client: ApiClient) -> tuple[Json, Json]:
        project = await find_project(client, named)
        return project, await client.patch(f"/projects/{project['id']}", {"name": name})

    before, after = with_client(place, work)
    remark(f"{before['name']} is called {after['name']} now.")


def use(place: Place, named: str) -> None:
    """Have a project answer predictions that name none."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        return await client.patch(f"/projects/{project['id']}", {"is_default": True})

    project = with_client(place, work)
    remark(f"{project['name']} answers predictions that name no project.")


def delete(place: Place, named: str, *, yes: bool) -> None:
    """Delete a project with all that is in it."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        if not yes:
            images = count(project["image_count"], "image")
            confirm(f"Delete {project['name']} with its {images} and all its iterations?")
        await client.delete(f"/projects/{project['id']}")
        return project

    project = with_client(place, work)
    remark(f"Deleted the project {project['name']}.")
