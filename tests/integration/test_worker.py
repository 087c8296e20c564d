"""Workers as real processes: killed anywhere, stopped, without their database, beside a server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psutil
import pytest
from sqlalchemy import func, select, text
from tests.albums import make_album
from tests.conftest import make_settings
from tests.integration.cli import ADMIN_PASSWORD, COMMAND, Server, environment, has_postgres

from classifr.database.embedded import EmbeddedPostgres
from classifr.database.models import Embedding, ImageTag, Iteration, Tag, TrainingImage
from classifr.kinds import TrainingType
from classifr.settings import Settings
from classifr.state import State, open_state
from classifr.vision.values import ProjectValue

IMAGES = {"pizza": 75, "risotto": 75}
CHUNK = 64
QUICK = {
    "CLASSIFR_JOBS__HEARTBEAT_SECONDS": "0.3",
    "CLASSIFR_JOBS__STALLED_SECONDS": "1.2",
}
DEADLINE_SECONDS = 60


@dataclass
class Place:
    """A data folder, opened by the test as an API process would, and what runs on it."""

    folder: Path
    state: State
    database_url: str
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    async def make_training(self) -> tuple[UUID, UUID]:
        """A project, and a training of it that waits."""
        project = await make_album(self.state.database, self.state.vision, IMAGES)
        return project, await self.train(project)

    async def train(self, project: UUID) -> UUID:
        async with self.state.database.transaction() as session:
            started = await self.state.vision.workspace(session).iterations.train(
                project, training_type=TrainingType.REGULAR, is_forced=True
            )
        return started.id

    async def iteration(self, iteration_id: UUID) -> Iteration:
        async with self.state.database.transaction() as session:
            return await session.get_one(Iteration, iteration_id)

    async def project(self, project_id: UUID) -> ProjectValue:
        async with self.state.database.transaction() as session:
            return await self.state.vision.workspace(session).projects.get(str(project_id))

    async def tagged_images(self, project_id: UUID) -> list[tuple[str, str, str]]:
        """The files of a project and their tags, those whose file is there."""
        async with self.state.database.transaction() as session:
            query = (
                select(TrainingImage.sha256, TrainingImage.image_key, Tag.name)
                .join(ImageTag, ImageTag.image_id == TrainingImage.id)
                .join(Tag, Tag.id == ImageTag.tag_id)
                .where(TrainingImage.project_id == project_id)
            )
            rows = (await session.execute(query)).all()
        files = [await self.state.storage.get(row.image_key) for row in rows]
        return sorted(
            (row.sha256, row.name, sha256(file).hexdigest())
            for row, file in zip(rows, files, strict=True)
        )

    async def embedding_count(self) -> int:
        async with self.state.database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(Embedding)) or 0

    async def jobs(self) -> int:
        async with self.state.database.transaction() as session:
            return await session.scalar(text("select count(*) from procrastinate_jobs")) or 0

    async def files(self) -> set[str]:
        found = [stored.key async for stored in self.state.storage.list("iterations/")]
        return {key.rpartition("/")[2] for key in found}

    async def until_completed(self, iteration_id: UUID) -> Iteration:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (found := await self.iteration(iteration_id)).status in ("queued", "training"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert found.status == "completed", found.error
        # The job goes after the iteration is completed.
        async with asyncio.timeout(10):
            while await self.jobs():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def until_embedded(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await self.embedding_count() < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def start_worker(self, *command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command or [*COMMAND, "worker"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment(self.folder / "data", CLASSIFR_DATABASE_URL=self.database_url, **QUICK),
        )
        self.workers.append(process)
        return process

    def start_held_worker(self, where: str) -> tuple[subprocess.Popen[str], Path]:
        marker = self.folder / f"{where}-{len(self.workers)}"
        script = Path(__file__).with_name("held_worker.py")
        return self.start_worker(sys.executable, str(script), where, str(marker)), marker

    def end_workers(self) -> None:
        for process in self.workers:
            if process.poll() is None:
                process.kill()
            if process.stderr and not process.stderr.closed:
                process.communicate()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A PostgreSQL of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "database") as server:
            settings = make_settings(folder / "data", database_url=server.libpq_url)
            async with open_state(settings) as state:
                place = Place(folder, state, server.libpq_url)
                yield place
                place.end_workers()


async def until(path: Path) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not path.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.01)


def events(process: subprocess.Popen[str], name: str) -> list[dict[str, object]]:
    """What a worker that has ended logged under a name."""
    _, stderr = process.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in stderr, stderr
    lines = [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


@pytest.mark.parametrize("where", ["embedding", "fitting", "storing"])
async def test_killed_worker_is_replaced_without_redoing_embeddings(
    place: Place, where: str
) -> None:
    _, iteration_id = await place.make_training()
    worker, marker = place.start_held_worker(where)
    await until(marker)
    worker.kill()
    worker.wait()
    kept = await place.embedding_count()
    assert kept == (CHUNK if where == "embedding" else sum(IMAGES.values()))
    assert (await place.iteration(iteration_id)).status == "training"
    if where == "storing":
        assert await place.files() == {"evaluation.npz"}

    other = place.start_worker()
    done = await place.until_completed(iteration_id)
    assert done.image_count == sum(IMAGES.values())
    assert await place.files() == {"evaluation.npz", "model.npz"}
    other.terminate()
    embedded = [event["images"] for event in events(other, "embedded")]
    assert embedded == ([sum(IMAGES.values()) - kept] if where == "embedding" else [])
    assert other.returncode == 0


async def test_copy_of_a_project_whose_worker_is_killed_ends_complete(place: Place) -> None:
    original = await make_album(place.state.database, place.state.vision, IMAGES)
    async with place.state.database.transaction() as session:
        made = await place.state.vision.workspace(session).projects.copy(original)
    assert (made.status, made.name) == ("Importing", "Dishes (2)")
    worker, marker = place.start_held_worker("copying")
    await until(marker)
    worker.kill()
    worker.wait()
    half = await place.project(made.id)
    assert half.status == "Importing"
    assert 0 < half.image_count < sum(IMAGES.values())

    place.start_worker()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (whole := await place.project(made.id)).status == "Importing":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert whole.status == "Succeeded"
    assert await place.tagged_images(made.id) == await place.tagged_images(original)
    assert whole.image_count == sum(IMAGES.values())


async def test_stopped_worker_gives_its_training_back(place: Place) -> None:
    _, iteration_id = await place.make_training()
    worker = place.start_worker()
    await place.until_embedded(CHUNK)
    asked = time.monotonic()
    worker.terminate()
    assert len(await asyncio.to_thread(events, worker, "job_given_back")) == 1
    assert time.monotonic() - asked < 5
    assert worker.returncode == 0
    kept = await place.embedding_count()
    assert kept < sum(IMAGES.values())

    started = time.monotonic()
    other = place.start_worker()
    await place.until_completed(iteration_id)
    # At once, not after the silence that a killed one would leave.
    other.terminate()
    (begun,) = await asyncio.to_thread(events, other, "job_started")
    assert begun["attempt"] == 2
    assert time.monotonic() - started < 30


async def test_idle_workers_share_the_jobs_and_wake_up_at_once(place: Place) -> None:
    workers = [place.start_worker() for _ in range(2)]
    await workers_registered(place, 2)
    asked = time.monotonic()
    _, iteration_id = await place.make_training()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await place.iteration(iteration_id)).status == "queued":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert time.monotonic() - asked < 10
    await place.until_completed(iteration_id)
    for worker in workers:
        worker.terminate()
    begun = [await asyncio.to_thread(events, worker, "job_started") for worker in workers]
    assert sorted(len(events) for events in begun) == [0, 1]


async def workers_registered(place: Place, count: int) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            async with place.state.database.transaction() as session:
                query = text("select count(*) from procrastinate_workers")
                if await session.scalar(query) == count:
                    return
            await asyncio.sleep(0.05)


async def test_training_outlives_a_restart_of_the_database(place: Place) -> None:
    _, iteration_id = await place.make_training()
    worker = place.start_worker()
    await place.until_embedded(CHUNK)
    pid_file = place.folder / "database" / "postgres" / "data" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    async with asyncio.timeout(10):
        while pid_file.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    with EmbeddedPostgres(place.folder / "database"):
        await place.until_completed(iteration_id)
        assert worker.poll() is None
        worker.terminate()
        assert await asyncio.to_thread(events, worker, "job_finished")
    assert worker.returncode == 0


async def test_full_disk_fails_the_training_with_a_sentence(place: Place) -> None:
    _, iteration_id = await place.make_training()
    # No file of this process may grow beyond four kilobytes.
    limited = "import resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (4096, 4096)); "
    limited += "from classifr.cli.main import run; sys.exit(run(['worker']))"
    place.start_worker(sys.executable, "-c", limited)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (failed := await place.iteration(iteration_id)).status in ("queued", "training"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.startswith("There is no room left to store the model.")
    assert await place.files() == set()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with Server(folder, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD, **QUICK) as server:
        server.url()
        yield server


@asynccontextmanager
async def beside(folder: Path) -> AsyncIterator[Place]:
    """The test's own connection to the database that a server embeds."""
    settings = Settings(_env_file=None, data_dir=folder, log_level="WARNING")
    async with open_state(settings) as state:
        yield Place(folder, state, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_server_that_ends_during_a_training_resumes_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    with serving(tmp_path) as server:
        async with beside(tmp_path) as place:
            _, iteration_id = await place.make_training()
            await place.until_embedded(CHUNK)
            family = psutil.Process(server.process.pid).children(recursive=True)
            if number == signal.SIGKILL:
                server.process.kill()
            else:
                server.stop(number)
            server.process.wait(DEADLINE_SECONDS)
            _, alive = await asyncio.to_thread(psutil.wait_procs, family, 15)
            assert [process for process in alive if process.name() != "postgres"] == []
            assert (await place.iteration(iteration_id)).status == "training"
    assert not has_postgres(tmp_path)
    with serving(tmp_path):
        async with beside(tmp_path) as place:
            await place.until_completed(iteration_id)
    assert not has_postgres(tmp_path)


async def test_server_replaces_a_killed_worker_which_is_nice(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with beside(tmp_path) as place:
            _, iteration_id = await place.make_training()
            await place.until_embedded(CHUNK)
            (worker,) = workers_of(server)
            assert worker.nice() == 10
            worker.kill()
            await place.until_completed(iteration_id)
            assert workers_of(server) != [worker]
    assert server.process.returncode == 0
    assert not has_postgres(tmp_path)


def workers_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "worker" in child.cmdline()]


def test_server_may_run_without_workers(tmp_path: Path) -> None:
    with Server(
        tmp_path, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD, CLASSIFR_JOBS__WORKERS="0"
    ) as server:
        server.url()
        time.sleep(0.5)
        assert workers_of(server) == []
