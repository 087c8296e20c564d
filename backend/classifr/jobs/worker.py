"""A worker: takes jobs out of the line, one at a time, for as long as it lives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeAlias
from uuid import UUID

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker as ProcrastinateWorker

from classifr.database.libpq import libpq_parameters
from classifr.database.session import Database
from classifr.errors import DatabaseUnavailable
from classifr.jobs.attempts import Attempt, Task
from classifr.jobs.deferring import QUEUE
from classifr.jobs.retries import Retries
from classifr.settings import JobsSettings

logger = structlog.get_logger()

_RECONNECT_SECONDS = 1.0
# The workers are told of new jobs, but not of those whose retry is due.
_POLL_SECONDS = 2.0
_EVERY_HOUR = "0 * * * *"


#: What is done every now and then, by one of the workers.
Upkeep: TypeAlias = Callable[[], Awaitable[None]]


class Worker:
    """Does the jobs of one database. It may lose the database, and goes on when that is back."""

    def __init__(
        self,
        database: Database,
        settings: JobsSettings,
        tasks: Mapping[str, Task],
        *,
        begin: Upkeep,
        hourly: Upkeep,
        reconcile: Upkeep,
    ) -> None:
        """begin: done first. hourly: a job of its own. reconcile: lines up what was forgotten."""
        self._database = database
        self._settings = settings
        self._tasks = tasks
        self._begin = begin
        self._hourly = hourly
        self._reconcile = reconcile
        self._id: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a job that runs then is given back to the line."""
        while not stop.is_set():
            try:
                await self._work(stop)
            except (ConnectorException, DatabaseUnavailable) as error:
                logger.warning("worker_lost_database", reason=str(error.__cause__ or error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _RECONNECT_SECONDS)

    async def run_until_empty(self) -> None:
        """Do what is in line, and return."""
        app = self._app()
        async with app.open_async():
            await self._begin()
            await self._rescue(app)
            await self._procrastinate_worker(app, wait=False).run()  # type: ignore[no-untyped-call]

    async def _work(self, stop: asyncio.Event) -> None:
        # procrastinate's pool would complain in the log again and again.
        if not await self._database.answers():
            raise DatabaseUnavailable
        app = self._app()
        async with app.open_async():
            await self._leave(app)
            await self._rescue(app)
            await self._begin()
            worker = self._procrastinate_worker(app, wait=True)
            running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            others = [
                asyncio.create_task(stop.wait()),
                asyncio.create_task(self._keep_rescuing(app, worker)),
            ]
            try:
                await asyncio.wait([running, *others], return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._id = worker.worker_id
                worker.stop()  # type: ignore[no-untyped-call]
                for task in others:
                    task.cancel()
                outcomes = await asyncio.gather(running, *others, return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome
            self._id = None

    def _app(self) -> App:
        app = App(
            connector=PsycopgConnector(
                kwargs=libpq_parameters(self._database.engine.url),
                min_size=1,
                max_size=3,
                timeout=self._settings.heartbeat_seconds,
            ),
            # What was due while no worker ran can wait for its next turn.
            periodic_defaults={"max_delay": 0},
        )
        retries = Retries()
        for name, task in self._tasks.items():
            app.task(name=name, queue=QUEUE, retry=retries, pass_context=True)(_run_with(task))
        self._add_hourly(app)
        return app

    def _add_hourly(self, app: App) -> None:
        # Without any periodic task procrastinate would stop watching its own heartbeat.
        @app.periodic(cron=_EVERY_HOUR)
        @app.task(name="hourly", queue=QUEUE, queueing_lock="hourly")
        async def hourly(timestamp: int) -> None:
            await self._hourly()

    def _procrastinate_worker(self, app: App, *, wait: bool) -> ProcrastinateWorker:
        return ProcrastinateWorker(
            app,
            queues=[QUEUE],
            concurrency=1,
            wait=wait,
            fetch_job_polling_interval=_POLL_SECONDS,
            # A job that runs when the worker is to stop is given back at once.
            shutdown_graceful_timeout=0,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=self._settings.heartbeat_seconds,
            stalled_worker_timeout=self._settings.stalled_seconds,
        )

    async def _keep_rescuing(self, app: App, worker: ProcrastinateWorker) -> None:
        while True:
            await asyncio.sleep(self._settings.stalled_seconds / 4)
            if worker.worker_id is not None:
                # After a pause of the whole machine, our own heartbeat may be the oldest.
                await app.job_manager.update_heartbeat(worker.worker_id)
            await self._rescue(app)

    async def _rescue(self, app: App) -> None:
        """Give the jobs of silent workers to others, and line up again what has no job."""
        jobs = app.job_manager
        await jobs.prune_stalled_workers(self._settings.stalled_seconds)
        for job in await jobs.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=self._settings.stalled_seconds
        ):
            logger.warning("job_rescued", task=job.task_name, **job.task_kwargs)
            # Another worker may have done so in the same moment.
            with suppress(ConnectorException):
                await jobs.retry_job(job)
        await self._reconcile()

    async def _leave(self, app: App) -> None:
        """Free what this worker held when it lost the database."""
        if self._id is not None:
            await app.job_manager.unregister_worker(self._id)
            self._id = None


def _run_with(task: Task) -> Callable[[JobContext, str], Awaitable[None]]:
    async def run(context: JobContext, row_id: str) -> None:
        job = context.job
        log = logger.bind(task=job.task_name, row_id=row_id)
        log.info("job_started", attempt=job.attempts + 1)
        try:
            await task(Attempt(UUID(row_id), job.attempts + 1))
        except asyncio.CancelledError:
            log.info("job_given_back")
            raise
        except Exception as error:
            log.warning("job_failed", reason=str(error))
            raise
        log.info("job_finished")

    return run
