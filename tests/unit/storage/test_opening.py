"""Azure's packages are imported by those who use them."""

import subprocess
import sys
from pathlib import Path

import classifr


def test_start_on_a_folder_does_not_import_azure() -> None:
    code = (
        "import sys, classifr.app, classifr.cli.serving.working;"
        "import classifr.cli.administration.storages;"
        "print(*(name for name in sys.modules if name.split('.')[0] in ('azure', 'aiohttp')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(Path(classifr.__file__).parents[1])},
    )
    assert loaded.stdout.split() == []
