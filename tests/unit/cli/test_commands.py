"""The commands as a whole: light to import, documented, with help."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from classifr.cli.main import app

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "cli.md"
HEAVY = {"alembic", "asyncpg", "fastapi", "httpx", "numpy", "onnxruntime", "pydantic", "sqlalchemy"}


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, with its name."""
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")
    if not children:
        yield path, command


COMMANDS = dict(commands(get_command(app), "classifr"))


def test_help_waits_for_nothing_heavy() -> None:
    code = "import sys, classifr.cli.main; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(Path(sys.modules["classifr"].__file__ or "").parents[1])},
    )
    assert not HEAVY & set(loaded.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = DOCUMENTATION.read_text()
    assert re.search(rf"^(curl .*)?{name}\b", text, re.MULTILINE) or f"`{name}`" in text
    for parameter in COMMANDS[name].params:
        for option in () if getattr(parameter, "hidden", False) else parameter.opts:
            if option.startswith("--") and option != "--help":
                assert option in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert len((command.help or "").splitlines()[0]) > 10
    assert f"  {name}" in command.help.split("Examples:")[1]
    for parameter in command.params:
        is_option = parameter.param_type_name == "option"
        assert not is_option or parameter.help, parameter.name
