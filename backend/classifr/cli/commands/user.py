"""`classifr user`."""

from typing import Annotated, Literal

import typer

from classifr.cli.commands.options import AsJson, Name, Verbose

app = typer.Typer(help="Add and change accounts, also while the server runs.", no_args_is_help=True)

RoleName = Literal["user", "admin"]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it.")]


@app.command()
def add(
    username: Name,
    role: Annotated[RoleName, typer.Option(help="What the account may do.")] = "user",
    password_stdin: PasswordStdin = False,
    generate: Generate = False,
    verbose: Verbose = False,
) -> None:
    """Add an account.

    The password is asked for at a terminal, and made and printed elsewhere.

    \b
    Examples:
      classifr user add lucia
      classifr user add marco --role admin --generate
      classifr user add lucia --password-stdin < password.txt
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    password = accounts.ask_password(from_stdin=password_stdin, generate=generate)
    accounts.add(username, role=role, password=password, verbose=verbose)


@app.command()
def passwd(
    username: Name,
    password_stdin: PasswordStdin = False,
    generate: Generate = False,
    verbose: Verbose = False,
) -> None:
    """Give an account a new password; it is signed out everywhere.

    The password is asked for at a terminal, and made and printed elsewhere.

    \b
    Examples:
      classifr user passwd admin
      classifr user passwd lucia --generate
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    password = accounts.ask_password(from_stdin=password_stdin, generate=generate)
    accounts.set_password(username, password=password, verbose=verbose)


@app.command()
def role(
    username: Name,
    role: Annotated[RoleName, typer.Argument(show_default=False)],
    verbose: Verbose = False,
) -> None:
    """Make an account an admin's or an ordinary one; it is signed out everywhere.

    \b
    Examples:
      classifr user role lucia admin
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    accounts.change(username, role=role, verbose=verbose)


@app.command()
def disable(username: Name, verbose: Verbose = False) -> None:
    """Keep an account from signing in; it is signed out everywhere.

    \b
    Examples:
      classifr user disable lucia
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    accounts.change(username, is_disabled=True, verbose=verbose)


@app.command()
def enable(username: Name, verbose: Verbose = False) -> None:
    """Let a disabled account sign in again.

    \b
    Examples:
      classifr user enable lucia
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    accounts.change(username, is_disabled=False, verbose=verbose)


@app.command("list")
def list_accounts(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List the accounts, oldest first.

    \b
    Examples:
      classifr user list
      classifr user list --json
    """
    from classifr.cli.administration import accounts  # noqa: PLC0415

    accounts.list_all(as_json=as_json, verbose=verbose)
