"""`classifr serve`."""

from typing import Annotated

import typer

from classifr.cli.commands.options import DEFAULT_HOST, DEFAULT_PORT, Verbose


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 is every one of this machine.")
    ] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = DEFAULT_PORT,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes that answer. Default: CLASSIFR_WORKERS, else 1.",
            show_default=False,
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Run the web page and the API.

    Prints the address once everything is ready, and at the first start the
    admin's password. Ctrl-C or SIGTERM ends it: running requests finish, and
    the exit code is 0.

    \b
    Examples:
      classifr serve
      classifr serve --port 9000 --workers 2
      classifr serve --host 0.0.0.0
    """
    from classifr.cli.serving.server import serve_forever  # noqa: PLC0415

    serve_forever(host=host, port=port, workers=workers, verbose=verbose)
