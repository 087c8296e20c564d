"""`classifr project`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import ApiKey, ApiUrl, AsJson, Name, Place, Verbose, Yes

app = typer.Typer(help="See and change projects.", no_args_is_help=True)

Named = Annotated[
    str, typer.Argument(metavar="PROJECT", help="Its name or id.", show_default=False)
]


@app.command("list")
def list_projects(
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """List the projects, the built-in one last.

    \b
    Examples:
      classifr project list
      classifr project list --json
    """
    from classifr.cli import projects  # noqa: PLC0415

    projects.list_all(Place(api_url, api_key, verbose), as_json=as_json)


@app.command()
def create(
    name: Name,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    multilabel: Annotated[
        bool, typer.Option("--multilabel", help="Its images may have several tags.")
    ] = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Make a project and print its id.

    \b
    Examples:
      classifr project create menu --description "What the kitchen sends out"
      classifr project create scenes --multilabel
    """
    from classifr.cli import projects  # noqa: PLC0415

    place = Place(api_url, api_key, verbose)
    projects.create(place, name, description=description, is_multilabel=multilabel)


@app.command()
def show(
    project: Named,
    as_json: AsJson = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Show a project and its tags.

    \b
    Examples:
      classifr project show menu
    """
    from classifr.cli import projects  # noqa: PLC0415

    projects.show(Place(api_url, api_key, verbose), project, as_json=as_json)


@app.command()
def rename(
    project: Named,
    name: Name,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Give a project another name.

    \b
    Examples:
      classifr project rename menu "summer menu"
    """
    from classifr.cli import projects  # noqa: PLC0415

    projects.rename(Place(api_url, api_key, verbose), project, name)


@app.command()
def use(
    project: Named,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Have a project answer predictions that name none, those of the home page too.

    \b
    Examples:
      classifr project use menu
      classifr project use ImageNet
    """
    from classifr.cli import projects  # noqa: PLC0415

    projects.use(Place(api_url, api_key, verbose), project)


@app.command()
def delete(
    project: Named,
    yes: Yes = False,
    api_url: ApiUrl = None,
    api_key: ApiKey = None,
    verbose: Verbose = False,
) -> None:
    """Delete a project with its tags, images and iterations.

    \b
    Examples:
      classifr project delete menu
      classifr project delete menu --yes
    """
    from classifr.cli import projects  # noqa: PLC0415

    projects.delete(Place(api_url, api_key, verbose), project, yes=yes)
