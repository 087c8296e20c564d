"""What a training says of its share and of its seconds left."""

import pytest

from classifr.vision.local.training import progress as training_progress
from classifr.vision.local.training.progress import TrainingProgress


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(training_progress, "time", clock)
    return clock


def test_stages_count_by_the_seconds_that_they_take(clock: Clock) -> None:
    progress = TrainingProgress()
    progress.plan(embed_seconds=20, view_seconds=60, fit_seconds=20)
    assert progress.seconds_left == 100
    clock.now += 20
    progress.embedded(1.0)
    assert (progress.share, progress.seconds_left) == (pytest.approx(0.2), 80)
    progress.begin_views(clock.now + 3600)
    clock.now += 30
    progress.viewed(0.5)
    assert progress.share == pytest.approx(0.5)
    assert progress.seconds_left == pytest.approx(50)
    clock.now += 30
    progress.viewed(1.0)
    progress.enter(training_progress.TrainingStage.FITTING)
    clock.now += 10
    progress.fitted(0.5)
    assert progress.share == pytest.approx(0.9)
    assert progress.seconds_left == pytest.approx(10)


def test_views_that_the_budget_cuts_off_take_no_longer_than_it(clock: Clock) -> None:
    progress = TrainingProgress()
    progress.plan(embed_seconds=0, view_seconds=60, fit_seconds=20)
    progress.begin_views(clock.now + 60)
    clock.now += 30
    # At this pace they would take five minutes.
    progress.viewed(0.1)
    assert progress.share == pytest.approx(30 / 80)
    assert progress.seconds_left == pytest.approx(50)
    clock.now += 31
    progress.viewed(0.2)
    assert progress.share == pytest.approx(60 / 80)
    assert progress.seconds_left == 20


def test_budget_that_is_over_before_any_view_is_no_trouble(clock: Clock) -> None:
    progress = TrainingProgress()
    progress.plan(embed_seconds=5, view_seconds=0, fit_seconds=20)
    progress.begin_views(clock.now - 10)
    progress.viewed(0.0)
    assert progress.seconds_left == 20
