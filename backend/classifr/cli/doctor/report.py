"""The lines that `classifr doctor` prints."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

import typer
from rich.markup import escape

from classifr.cli.failures import FAILED
from classifr.cli.terminal import stdout_console
from classifr.cli.wording import one_line, sentence


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"  #: As it should be.
    WARN = "warn"  #: It works, and may not for long.
    FAIL = "fail"  #: It does not work.


_COLOURS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    detail: str
    remedy: str | None = None


class Report:
    """The checks so far: a line each as soon as it is known, or one JSON object at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = stdout_console()
        self._checks: list[Check] = []

    def add(self, check: Check) -> None:
        """Note a check, and show it."""
        self._checks.append(check)
        if self._as_json:
            return
        text = f"{sentence(check.detail)} Hint: {check.remedy}" if check.remedy else check.detail
        self._console.print(
            f"[{_COLOURS[check.status]}]{check.status:<4}[/]  [bold]{check.name}[/]: "
            + escape(one_line(text)),
            soft_wrap=True,
        )

    def finish(self) -> int:
        """Print what was kept back; the exit code."""
        worst = next(
            (
                status
                for status in (Status.FAIL, Status.WARN)
                if any(check.status is status for check in self._checks)
            ),
            Status.OK,
        )
        if self._as_json:
            checks = [asdict(check) for check in self._checks]
            typer.echo(json.dumps({"status": worst, "checks": checks}, indent=2))
        return FAILED if worst is Status.FAIL else 0
