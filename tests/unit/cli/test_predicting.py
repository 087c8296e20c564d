"""Images are classified side by side and reported in their order."""

import asyncio

import pytest

from classifr.cli.failures import Failure
from classifr.cli.predicting import _exit_code, _report_in_order

BAD_INPUT = Failure("", "", 2)
FAILED = Failure("", "", 1)


async def test_order_is_kept_and_only_a_few_are_in_the_making() -> None:
    running = most = 0
    reported: list[str] = []

    async def outcome(name: str) -> Failure:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (10 - int(name)))
        running -= 1
        return BAD_INPUT

    await _report_in_order(
        map(str, range(10)), outcome, lambda name, _: reported.append(name), ahead=3
    )
    assert reported == list("0123456789")
    assert most == 3


async def test_nothing_goes_on_once_reporting_fails() -> None:
    cancelled: list[str] = []

    async def outcome(name: str) -> Failure:
        try:
            await asyncio.sleep(0 if name == "0" else 60)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise
        return BAD_INPUT

    def report(_: str, __: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await _report_in_order(["0", "1", "2"], outcome, report, ahead=3)
    await asyncio.sleep(0)
    assert cancelled == ["1", "2"]


@pytest.mark.parametrize(
    ("failures", "images", "code"),
    [
        ([], 2, 0),
        ([BAD_INPUT], 2, 1),
        ([BAD_INPUT, BAD_INPUT], 2, 2),
        ([BAD_INPUT, FAILED], 2, 1),
        ([FAILED], 1, 1),
    ],
)
def test_bad_input_alone_exits_with_2(failures: list[Failure], images: int, code: int) -> None:
    assert _exit_code(failures, images) == code
