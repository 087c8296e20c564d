"""`classifr doctor`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import DEFAULT_HOST, DEFAULT_PORT, AsJson, Verbose


def doctor(
    host: Annotated[
        str, typer.Option(help="Address that the server shall listen on.")
    ] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port that the server shall listen on.")
    ] = DEFAULT_PORT,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Look for what is wrong here, and say how to repair it.

    Starts the embedded PostgreSQL, builds the model file if it is missing, and
    classifies an image. Exit code 1 if a check fails; a warning is no failure.

    \b
    Examples:
      classifr doctor
      classifr doctor --port 9000
      classifr doctor --json
    """
    from classifr.cli.doctor.checks import examine  # noqa: PLC0415

    return examine(host=host, port=port, as_json=as_json, verbose=verbose)
