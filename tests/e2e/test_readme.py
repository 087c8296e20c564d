"""Every command of the README works as it stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.albums import dish
from tests.e2e.conftest import ADMIN_PASSWORD, Server, running_server
from tests.pictures import jpeg

README = Path(__file__).parents[2] / "README.md"

#: Commands that other tests run, or that this machine cannot.
RUN_ELSEWHERE = {
    "make run": "what CI and every developer start with",
    "make test": "this very run",
    "pip install . && classifr serve": "tests/integration/test_packaging.py",
    ".venv/bin/classifr import-customvision": "tests/integration/test_import_customvision.py",
    "docker compose up": "needs a container engine; tests/unit/test_deploy.py reads the files",
}


def commands() -> list[str]:
    """The shell commands of the README, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip()]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose admin may get another password."""
    with running_server() as server:
        yield server


def make_photos(folder: Path) -> None:
    """The folders that the README speaks of."""
    places = ("photos/Train/cannoli", "photos/Train/risotto")
    more = ("new-dishes/pizza", "new-dishes/tiramisu")
    tests = ("photos/Test/cannoli", "photos/Test/risotto")
    for part, first, count in ((places + more, 0, 12), (tests, 100, 3)):
        for kind, place in enumerate(part):
            (folder / place).mkdir(parents=True)
            for number in range(count):
                (folder / place / f"{number:02}.png").write_bytes(dish(kind, first + number))


def test_every_command_of_the_readme_works(server: Server, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    make_photos(tmp_path)
    here = [
        command
        for command in commands()
        if not any(command.startswith(elsewhere) for elsewhere in RUN_ELSEWHERE)
    ]
    assert len(here) >= 21
    script = "\n".join(["set -euo pipefail", *here])
    script = script.replace("curl -s ", "curl -s --fail-with-body ")
    script = script.replace("http://127.0.0.1:8000", server.url)
    script = script.replace(".venv/bin/classifr", f"{sys.executable} -m classifr")
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            **os.environ,
            "CLASSIFR_DATA_DIR": str(server.data_dir),
            "PASSWORD": ADMIN_PASSWORD,
        },
        input="a new password for admin\na new password for admin\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"verdict":"nok"' in ran.stdout
    assert "Iteration 2 is published as default instead of Iteration 1." in ran.stderr
    assert "Iteration 1 is published as default again." in ran.stderr
    assert "Nothing changed since Iteration 2 was trained." in ran.stderr
    assert '"project":"photos"' in ran.stdout
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "model.zip").is_file()


def test_every_link_of_the_documents_leads_somewhere() -> None:
    root = README.parent
    for document in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("elsewhere", RUN_ELSEWHERE)
def test_what_is_left_out_is_in_the_readme(elsewhere: str) -> None:
    assert any(command.startswith(elsewhere) for command in commands())
