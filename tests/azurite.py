"""Azurite, the emulator of Blob Storage, in a process of its own that forgets everything."""

import base64
import os
import re
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parent
NODE = TESTS.parent / ".venv" / "bin" / "node"
_MAIN = TESTS / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
# However the tests end, their end of the pipe closes, and Azurite with it.
_ENDS_WITH_STDIN = "data:text/javascript,process.stdin.on('end', () => process.exit()).resume()"
_LISTENS = re.compile(r"successfully listens on (https?)://127\.0\.0\.1:(\d+)")
_DEADLINE_SECONDS = 60
_ACCOUNT = "classifrtests"


@contextmanager
def running_azurite(*options: str | Path) -> Iterator[str]:
    """The connection string of an empty account, whose key no other run knows.

    options: more of Azurite's own, such as a certificate.
    """
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    process = subprocess.Popen(
        [
            *(NODE, "--import", _ENDS_WITH_STDIN, _MAIN),
            *("--blobHost", "127.0.0.1", "--blobPort", "0", "--silent"),
            *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"),
            *options,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.defpath, "AZURITE_ACCOUNTS": f"{_ACCOUNT}:{key}"},
    )
    # A start that hangs ends like one that fails: by the end of its output.
    deadline = threading.Timer(_DEADLINE_SECONDS, process.kill)
    deadline.start()
    try:
        scheme, port = _address(process)
        deadline.cancel()
        yield (
            f"DefaultEndpointsProtocol={scheme};AccountName={_ACCOUNT};AccountKey={key};"
            f"BlobEndpoint={scheme}://127.0.0.1:{port}/{_ACCOUNT};"
        )
    finally:
        deadline.cancel()
        process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := _LISTENS.search(line):
            return found[1], found[2]
    raise AssertionError(f"Azurite did not start:\n{said}")


def parts(connection_string: str) -> dict[str, str]:
    """`AccountName`, `AccountKey` and `BlobEndpoint` of a connection string."""
    return dict(part.split("=", 1) for part in connection_string.split(";") if part)
