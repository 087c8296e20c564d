"""What the engine holds beside its line for predictions, where there is a database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from classifr.vision.local.iterations.reports import LocalReports
from classifr.vision.local.publishing.published import PublishedModels
from classifr.vision.local.publishing.trials import Trials
from classifr.vision.local.suggestions import Suggestions
from classifr.vision.local.workspace import LocalWorkspaces


@dataclass(frozen=True)
class Installation:
    """What there is beside the engine where there are a database and a storage."""

    published: PublishedModels
    trials: Trials
    suggestions: Suggestions
    workspaces: LocalWorkspaces
    reports: LocalReports
    tidy: Callable[[timedelta], Awaitable[int]]
