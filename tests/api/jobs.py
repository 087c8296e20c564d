"""The jobs that the application put in line, done in the test's own process."""

from fastapi import FastAPI

from classifr.cli.serving.working import make_worker
from classifr.state import State

JOB_TABLES = (
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)


async def run_jobs(app: FastAPI) -> None:
    """Do every job that waits, such as a training, and return when the line is empty."""
    state: State = app.state.classifr
    await make_worker(state.database, state.storage, state.settings).run_until_empty()
