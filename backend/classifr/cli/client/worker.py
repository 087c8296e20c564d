"""A worker of our own for as long as a training takes, because no server may be running one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from classifr.cli.failures import CommandError
from classifr.settings import Settings

_STOP_SECONDS = 10.0


@contextmanager
def own_worker(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """`classifr worker` as a child; a server's worker may take the job before it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "classifr", "worker", "--ends-with-stdin"],
        env={**os.environ, "CLASSIFR_LOG_LEVEL": settings.log_level},
        # Closed when we end, however we do.
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # Ctrl-C is for us, who then cancel what it does.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def check_worker(process: "subprocess.Popen[bytes]") -> None:
    """Raises: CommandError if it has ended."""
    if process.poll() is not None:
        raise CommandError(
            f"The worker that trains ended with {process.returncode}.",
            hint="`classifr worker` by itself says why.",
        )
