"""Every command of the README works as it stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import ADMIN_PASSWORD, Server, running_server
from tests.pictures import jpeg

README = Path(__file__).parents[2] / "README.md"

#: Commands that other tests run, or that this machine cannot.
RUN_ELSEWHERE = {
    "make run": "what CI and every developer start with",
    "make test": "this very run",
    "pip install . && classifr serve": "tests/integration/test_packaging.py",
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


def test_every_command_of_the_readme_works(server: Server, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    here = [
        command
        for command in commands()
        if not any(command.startswith(elsewhere) for elsewhere in RUN_ELSEWHERE)
    ]
    assert len(here) >= 9
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
    assert "ImageNet" in ran.stdout


def test_every_link_of_the_documents_leads_somewhere() -> None:
    root = README.parent
    for document in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("elsewhere", RUN_ELSEWHERE)
def test_what_is_left_out_is_in_the_readme(elsewhere: str) -> None:
    assert any(command.startswith(elsewhere) for command in commands())
