"""Classify images one after the other."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence

from classifr.cli.answering import Asked, open_answerer
from classifr.cli.commands.options import Place
from classifr.cli.failures import ASKED_WRONGLY, FAILED, Failure, explain
from classifr.cli.printing import OutputFormat, answer_writer
from classifr.cli.progress import bar
from classifr.cli.sources import image_names
from classifr.cli.terminal import remark, stdout_console
from classifr.cli.wording import sentence
from classifr.predictions.schemas import PredictionRead

TABLE_TAGS = 5

Outcome = PredictionRead | Failure
Report = Callable[[str, Outcome], None]


def predict_sources(
    sources: Sequence[str],
    *,
    project: str | None,
    iteration: str | None,
    form: OutputFormat,
    top: int | None,
    place: Place,
) -> int:
    """Print the answer for each image, in order; the exit code."""
    names = list(image_names(sources))
    if top is None and form is OutputFormat.TABLE:
        top = TABLE_TAGS
    failures = asyncio.run(_predict_all(place, names, Asked(project, iteration, top), form))
    return _exit_code(failures, len(names))


async def _predict_all(
    place: Place, names: Sequence[str], asked: Asked, form: OutputFormat
) -> list[Failure]:
    """Print the answers and tell the failures, which are returned."""
    failures: list[Failure] = []
    # Nothing is printed before it is known that somebody can answer.
    async with open_answerer(place, asked) as answerer:
        write = answer_writer(form)

        async def outcome(name: str) -> Outcome:
            try:
                return await answerer.answer(name)
            except Exception as error:
                return explain(error)

        # Where the answers scroll by, they say how far it is.
        is_shown = not stdout_console().is_terminal
        with bar("Classifying", len(names), is_shown=is_shown) as classifying:

            def report(name: str, outcome: Outcome) -> None:
                if isinstance(outcome, Failure):
                    failures.append(outcome)
                    remark(f"Error: {name}: {sentence(outcome.reason)} Hint: {outcome.hint}")
                else:
                    write(name, outcome)
                classifying.advance()

            await _report_in_order(names, outcome, report, ahead=answerer.at_once)
    return failures


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


def _exit_code(failures: Sequence[Failure], images: int) -> int:
    if not failures:
        return 0
    is_all_bad_input = len(failures) == images and all(
        failure.exit_code == ASKED_WRONGLY for failure in failures
    )
    return ASKED_WRONGLY if is_all_bad_input else FAILED
