"""`classifr worker`."""

import asyncio
import os
from typing import Annotated

import typer

from classifr.cli.commands.options import Verbose

# One thread each: for what is trained here, BLAS pools that fight for cores are slower.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def worker(
    ends_with_stdin: Annotated[
        bool,
        typer.Option("--ends-with-stdin", hidden=True, help="End once stdin is closed."),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Train what waits to be trained, here or on other machines.

    `classifr serve` starts one by itself; run others where there are more
    cores, with the same settings. Ctrl-C or SIGTERM ends it: what it was at
    goes on at the next start, or in another worker.

    \b
    Examples:
      classifr worker
      CLASSIFR_DATABASE_URL=postgresql://... classifr worker
    """
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    from classifr.cli.serving.working import work_until_stopped  # noqa: PLC0415
    from classifr.cli.setup import load_settings  # noqa: PLC0415
    from classifr.logs import configure_logs  # noqa: PLC0415

    settings = load_settings(verbose=verbose)
    configure_logs(settings)
    asyncio.run(work_until_stopped(settings, ends_with_stdin=ends_with_stdin))
