"""Classify images one after the other, with the engine of this machine."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from classifr.cli.answers import OutputFormat, answer_writer
from classifr.cli.failures import ASKED_WRONGLY, FAILED, Failure, explain, sentence
from classifr.cli.setup import quiet_settings
from classifr.cli.sources import image_names, read_image
from classifr.cli.terminal import busy, remark, stdout_console
from classifr.database.embedded import prepare_data_dir
from classifr.predictions.answers import as_read
from classifr.predictions.schemas import PredictionRead
from classifr.predictions.service import Answer, classify_image
from classifr.settings import Settings
from classifr.vision.local.classifier import LocalVision, default_sessions
from classifr.vision.local.opening import make_backbones

__all__ = ["OutputFormat", "predict_sources"]

TABLE_TAGS = 5

Outcome = PredictionRead | Failure
Report = Callable[[str, Outcome], None]


def predict_sources(
    sources: Sequence[str], *, form: OutputFormat, top: int | None, verbose: bool
) -> int:
    """Print the answer for each image, in order; the exit code."""
    settings = quiet_settings(verbose=verbose)
    names = list(image_names(sources))
    if top is None and form is OutputFormat.TABLE:
        top = TABLE_TAGS
    write = answer_writer(form)
    failures: list[Failure] = []

    with _progress(len(names)) as advance:

        def report(name: str, outcome: Outcome) -> None:
            if isinstance(outcome, Failure):
                failures.append(outcome)
                remark(f"Error: {name}: {sentence(outcome.reason)} Hint: {outcome.hint}")
            else:
                write(name, outcome)
            advance()

        asyncio.run(_predict_all(settings, names, top, report))
    return _exit_code(failures, len(names))


async def _predict_all(
    settings: Settings, names: Sequence[str], top: int | None, report: Report
) -> None:
    if not settings.data_dir.exists():
        prepare_data_dir(settings.data_dir)
    at_once = min(len(names), settings.engine.sessions or default_sessions())
    vision = LocalVision(
        make_backbones(settings),
        sessions=at_once,
        max_waiting=at_once + 1,
        max_pixels=settings.upload.max_pixels,
    )

    async def outcome(name: str) -> Outcome:
        try:
            data = await read_image(name, max_bytes=settings.upload.max_bytes)
            return as_read(Answer(await classify_image(vision, data, settings.upload)), top=top)
        except Exception as error:
            return explain(error)

    try:
        with busy("Loading the model"):
            await vision.open()
        await _report_in_order(names, outcome, report, ahead=at_once + 1)
    finally:
        await vision.close()


async def _report_in_order(
    names: Iterable[str],
    outcome: Callable[[str], Coroutine[None, None, Outcome]],
    report: Report,
    *,
    ahead: int,
) -> None:
    """Report each outcome in the order of the names, while at most `ahead` are in the making."""
    making: deque[tuple[str, asyncio.Task[Outcome]]] = deque()

    async def report_first() -> None:
        name, task = making.popleft()
        report(name, await task)

    try:
        for name in names:
            making.append((name, asyncio.create_task(outcome(name))))
            if len(making) == ahead:
                await report_first()
        while making:
            await report_first()
    finally:
        for _, task in making:
            task.cancel()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr, where somebody looks and the answers themselves go elsewhere."""
    console = Console(stderr=True)
    if total < 2 or not console.is_terminal or stdout_console().is_terminal:
        yield lambda: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Classifying", total=total)
        yield lambda: progress.advance(task)


def _exit_code(failures: Sequence[Failure], images: int) -> int:
    if not failures:
        return 0
    is_all_bad_input = len(failures) == images and all(
        failure.exit_code == ASKED_WRONGLY for failure in failures
    )
    return ASKED_WRONGLY if is_all_bad_input else FAILED
