"""`classifr tag`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import ApiKey, ApiUrl, AsJson, Name, Place, Project, Verbose, Yes

app = typer.Typer(help="See and change the tags of a project.", no_args_is_help=True)

Tag = Annotated[str, typer.Argument(metavar="TAG", help="Its name or id.", show_default=False)]


@app.command("list")
def list_tags(
    project: Project = None,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """List the tags with the number of their images.

    \b
    Examples:
      classifr tag list
      classifr tag list --project menu --json
    """
    from classifr.cli import tags  # noqa: PLC0415

    tags.list_all(Place(api_url, api_key, verbose), project, as_json=as_json)


@app.command()
def create(
    name: Name,
    negative: Annotated[
        bool, typer.Option("--negative", help="For images that show none of the others.")
    ] = False,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Make a tag and print its id.

    \b
    Examples:
      classifr tag create tiramisu
      classifr tag create "no dish" --negative --project menu
    """
    from classifr.cli import tags  # noqa: PLC0415

    tags.create(Place(api_url, api_key, verbose), project, name, is_negative=negative)


@app.command()
def rename(
    tag: Tag,
    name: Name,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Give a tag another name; what is published answers with it.

    \b
    Examples:
      classifr tag rename tiramisu "tiramisù"
    """
    from classifr.cli import tags  # noqa: PLC0415

    tags.rename(Place(api_url, api_key, verbose), project, tag, name)


@app.command()
def delete(
    tag: Tag,
    yes: Yes = False,
    project: Project = None,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Delete a tag; its images stay, without it.

    \b
    Examples:
      classifr tag delete gnocchi
      classifr tag delete gnocchi --yes
    """
    from classifr.cli import tags  # noqa: PLC0415

    tags.delete(Place(api_url, api_key, verbose), project, tag, yes=yes)
