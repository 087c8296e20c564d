"""`classifr key`."""

from enum import StrEnum
from typing import Annotated

import typer

from classifr.cli.commands.options import AsJson, Verbose

app = typer.Typer(
    help="Make and revoke API keys, also while the server runs.", no_args_is_help=True
)


class ScopeName(StrEnum):
    """What a key may do. The same words as the database's, which takes long to import."""

    PREDICT = "predict"
    TRAIN = "train"


User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="The account it acts for. Default: the first active admin.",
        show_default=False,
    ),
]


@app.command()
def create(
    scope: Annotated[
        list[ScopeName],
        typer.Option(help="What the key may do; may be given twice.", show_default=False),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")] = "unnamed",
    user: User = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the key and nothing else.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Make an API key and print it. It is not shown again.

    \b
    Examples:
      classifr key create camera --scope predict
      classifr key create nightly --scope train --scope predict
      CLASSIFR_API_KEY=$(classifr key create laptop --scope train --quiet)
      classifr key create --scope train --scope predict --quiet
    """
    from classifr.cli.administration import keys  # noqa: PLC0415

    keys.create(name, scopes=list(scope), username=user, quiet=quiet, verbose=verbose)


@app.command("list")
def list_keys(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List the keys that were not revoked, oldest first.

    \b
    Examples:
      classifr key list
      classifr key list --json
    """
    from classifr.cli.administration import keys  # noqa: PLC0415

    keys.list_all(as_json=as_json, verbose=verbose)


@app.command()
def revoke(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="Its number, or how it begins, from `key list`.", show_default=False
        ),
    ],
    verbose: Verbose = False,
) -> None:
    """End a key within a second.

    \b
    Examples:
      classifr key revoke 3
      classifr key revoke clf_8fJ2kQ0x
    """
    from classifr.cli.administration import keys  # noqa: PLC0415

    keys.revoke(key, verbose=verbose)
