"""`classifr tag`."""

import json
from collections.abc import Sequence

import typer
from rich.markup import escape

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.finding import find_project, find_tag, list_tags
from classifr.cli.client.opening import with_client
from classifr.cli.commands.options import Place
from classifr.cli.terminal import confirm, plain_table, remark, stdout_console
from classifr.cli.wording import count
from classifr.kinds import TagType


def list_all(place: Place, named: str | None, *, as_json: bool) -> None:
    """Print the tags of a project."""

    async def work(client: ApiClient) -> list[Json]:
        return await list_tags(client, await find_project(client, named))

    tags = with_client(place, work)
    if as_json:
        typer.echo(json.dumps({"items": tags}))
    else:
        print_tags(tags)


def create(place: Place, named: str | None, name: str, *, is_negative: bool) -> None:
    """Make a tag and print its id."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        payload = {"name": name, "type": TagType.NEGATIVE if is_negative else TagType.REGULAR}
        return await client.post(f"/projects/{project['id']}/tags", payload)

    tag = with_client(place, work)
    remark(f"Created the tag {tag['name']}.")
    typer.echo(tag["id"])


def rename(place: Place, named: str | None, tag: str, name: str) -> None:
    """Give a tag another name, in iterations too."""

    async def work(client: ApiClient) -> tuple[Json, Json]:
        project = await find_project(client, named)
        before = await find_tag(client, project, tag)
        path = f"/projects/{project['id']}/tags/{before['id']}"
        return before, await client.patch(path, {"name": name})

    before, after = with_client(place, work)
    remark(f"{before['name']} is called {after['name']} now.")


def delete(place: Place, named: str | None, tag: str, *, yes: bool) -> None:
    """Delete a tag; its images stay."""

    async def work(client: ApiClient) -> Json:
        project = await find_project(client, named)
        found = await find_tag(client, project, tag)
        if not yes:
            images = count(found["image_count"], "image")
            confirm(f"Delete {found['name']}? Its {images} stay, without it.")
        await client.delete(f"/projects/{project['id']}/tags/{found['id']}")
        return found

    found = with_client(place, work)
    remark(f"Deleted the tag {found['name']}.")


def print_tags(tags: Sequence[Json]) -> None:
    """As a table."""
    table = plain_table("Tag", "Images", "Type", right=("Images",))
    for tag in tags:
        table.add_row(escape(tag["name"]), f"{tag['image_count']:,}", tag["type"])
    stdout_console().print(table)
