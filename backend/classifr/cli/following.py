"""A training as it goes: its stage, how far it is, and how it ends."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.failures import ApiError, Unreachable
from classifr.cli.failures import CommandError
from classifr.cli.terminal import remark, stderr_console
from classifr.kinds import IN_PROGRESS, IterationStatus, TrainingStage

_POLL_SECONDS = 0.25
#: A server that restarts is back by then; its training goes on meanwhile.
_PATIENCE_SECONDS = 120.0
_UNTAKEN_SECONDS = 15.0
_CANCEL_SECONDS = 30.0

_STAGES = {
    None: "Waiting for a worker",
    TrainingStage.EMBEDDING: "Looking at the images",
    TrainingStage.FITTING: "Fitting the model",
    TrainingStage.EVALUATING: "Measuring it",
    TrainingStage.STORING: "Storing it",
}


async def follow(client: ApiClient, project: Json, iteration: Json) -> Json:
    """The iteration once it is trained; Ctrl-C cancels it.

    Raises: CommandError if it fails, or somebody else cancels it.
    """
    path = f"/projects/{project['id']}/iterations/{iteration['id']}"
    # The worker stays until the training is cancelled: it is the one that stops it.
    async with client.working():
        try:
            iteration = await _until_ended(client, path, iteration)
        except asyncio.CancelledError:
            await _cancel(client, path)
            raise
    if iteration["status"] == IterationStatus.FAILED:
        raise CommandError(
            f"The training failed: {iteration['error'] or 'the log of its worker says why.'}",
            hint="Correct that and run it again; what was uploaded stays.",
        )
    if iteration["status"] == IterationStatus.CANCELLED:
        raise CommandError("The training was cancelled.", hint="Run it again to start another.")
    return iteration


async def _until_ended(client: ApiClient, path: str, iteration: Json) -> Json:
    started = answered = time.monotonic()
    is_untaken_told = False
    with _shown(iteration["name"]) as shown:
        while iteration["status"] in IN_PROGRESS:
            shown.show(iteration)
            await asyncio.sleep(_POLL_SECONDS)
            client.check()
            try:
                iteration = await client.get(path)
                answered = time.monotonic()
            except (ApiError, Unreachable) as error:
                if isinstance(error, ApiError) and error.wait is None:
                    raise
                if time.monotonic() - answered > _PATIENCE_SECONDS:
                    raise
            is_untaken = time.monotonic() - started > _UNTAKEN_SECONDS
            if iteration["status"] == IterationStatus.QUEUED and is_untaken and not is_untaken_told:
                is_untaken_told = True
                remark("No worker has taken it yet. Hint: classifr worker, beside the server.")
    return iteration


async def _cancel(client: ApiClient, path: str) -> None:
    """Stop what Ctrl-C leaves behind, and wait until it has stopped."""
    try:
        async with asyncio.timeout(_CANCEL_SECONDS):
            status = (await client.post(f"{path}/cancel", is_repeatable=True))["status"]
            while status in IN_PROGRESS:
                await asyncio.sleep(_POLL_SECONDS)
                status = (await client.get(path))["status"]
    except (CommandError, TimeoutError) as error:
        remark(f"The training could not be cancelled: {error or 'no answer'}")
    else:
        remark("The training is cancelled; what was uploaded stays.")


def _stage(iteration: Json) -> str:
    """What is done for it, in words; some engines do not tell."""
    if iteration["stage"] is None and iteration["status"] == IterationStatus.TRAINING:
        return "Training"
    return _STAGES.get(iteration["stage"], str(iteration["stage"]))


class _Lines:
    """A line at each stage, for logs."""

    def __init__(self) -> None:
        self._stage = ""

    def show(self, iteration: Json) -> None:
        """Say it if the stage is new."""
        stage = _stage(iteration)
        if stage != self._stage:
            self._stage = stage
            remark(f"{stage} ...")


class _Live:
    """A bar that moves, for people."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._task = progress.add_task(name, total=1.0, left="")

    def show(self, iteration: Json) -> None:
        """Draw how far it is."""
        self._progress.update(
            self._task,
            description=f"{self._name}: {_stage(iteration)}",
            completed=iteration["progress"],
            left=time_left(iteration["seconds_left"]),
        )


@contextmanager
def _shown(name: str) -> Iterator[_Live | _Lines]:
    console = stderr_console()
    if console is None:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Live(progress, name)


def time_left(seconds: float | None) -> str:
    """As a person would say it."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"
