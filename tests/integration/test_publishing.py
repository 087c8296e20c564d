"""Publishing while two processes answer: no request fails, and each follows within a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import httpx
import pytest
from tests.integration.cli import ADMIN_PASSWORD, Server
from tests.pictures import jpeg
from tests.trained import make_iteration, make_project

from classifr.database.opening import open_database
from classifr.settings import Settings
from classifr.storage.local import LocalStorage

PROCESSES = 2
CLIENTS = 8
MOST_CLIENTS = 100
#: How far a process may be behind, as promised.
PROMISED_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """One prediction under load."""

    sent: float
    received: float
    status: int
    iteration_id: str | None


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[Server]:
    """Two processes that answer."""
    settings = {"CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD, "CLASSIFR_JOBS__WORKERS": "0"}
    with Server(data_dir, "--workers", str(PROCESSES), **settings) as server:
        server.url()
        yield server


@pytest.fixture
async def iterations(server: Server, data_dir: Path) -> list[UUID]:
    """Two trained iterations of a new project called Dishes."""
    async with open_database(Settings(_env_file=None, data_dir=data_dir)) as database:
        state = SimpleNamespace(database=database, storage=LocalStorage(data_dir / "images"))
        project = await make_project(state)
        return [await make_iteration(state, project, seed=seed) for seed in range(2)]


@pytest.fixture
async def clients(server: Server) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Signed-in clients, each on a connection of its own; both processes have some of them."""
    url = server.url()
    form = {"username": "admin", "password": ADMIN_PASSWORD}
    async with AsyncExitStack() as stack:
        async with httpx.AsyncClient(base_url=url) as client:
            token = (await client.post("/auth/token", data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        clients: list[httpx.AsyncClient] = []
        # Which process gets a connection is for the kernel to say.
        while len(clients) < CLIENTS or len(connected_processes(server)) < PROCESSES:
            assert len(clients) < MOST_CLIENTS
            client = httpx.AsyncClient(base_url=url, headers=headers, timeout=30)
            clients.append(await stack.enter_async_context(client))
            await client.get("/health/live")
        yield clients


async def ask(client: httpx.AsyncClient, answers: list[Answer], stop: asyncio.Event) -> None:
    """Classify one image after the other."""
    while not stop.is_set():
        sent = time.monotonic()
        response = await client.post(
            "/predict",
            params={"project": "Dishes", "store": "false"},
            files={"image": ("photo.jpg", jpeg())},
        )
        body = response.json()
        answers.append(
            Answer(sent, time.monotonic(), response.status_code, body.get("iteration_id"))
        )


async def publish(client: httpx.AsyncClient, iteration: UUID) -> float:
    """Let it answer in the other's place; when that was done."""
    response = await client.post(
        f"/projects/Dishes/iterations/{iteration}/publish",
        json={"name": "default", "replace": True},
    )
    assert response.status_code == 200, response.text
    return time.monotonic()


def connected_processes(server: Server) -> set[int]:
    """The processes of the server that hold a connection of somebody's."""
    port = f":{int(server.url().rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if row[1].endswith(port) and row[3] == "01"}
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return {int(pid) for pid in children.split() if inodes & set(socket_inodes(int(pid)))}


def socket_inodes(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


async def test_publishing_under_load_fails_no_request_and_takes_less_than_a_second(
    server: Server, clients: list[httpx.AsyncClient], iterations: list[UUID]
) -> None:
    admin = clients[0]
    await publish(admin, iterations[0])
    answers: list[Answer] = []
    stop = asyncio.Event()
    load = [asyncio.create_task(ask(client, answers, stop)) for client in clients[1:]]
    await asyncio.sleep(0.5)
    assert len(connected_processes(server)) == PROCESSES
    published: list[tuple[float, UUID]] = []
    for round_ in range(1, 7):
        iteration = iterations[round_ % 2]
        published.append((await publish(admin, iteration), iteration))
        await asyncio.sleep(1.2)
    # And as fast as can be.
    for round_ in range(1, 21):
        await publish(admin, iterations[round_ % 2])
    last = time.monotonic()
    await asyncio.sleep(1.2)
    stop.set()
    await asyncio.gather(*load)

    assert {answer.status for answer in answers} == {200}
    assert {answer.iteration_id for answer in answers} == set(map(str, iterations))
    ends = [when for when, _ in published[1:]]
    lags = [
        answer.sent - when
        for (when, iteration), end in zip(published[:-1], ends, strict=True)
        for answer in answers
        if when < answer.sent and answer.received < end - 0.1
        if answer.iteration_id != str(iteration)
    ]
    assert max(lags, default=0) < PROMISED_SECONDS
    late = [answer for answer in answers if answer.sent > last + PROMISED_SECONDS]
    assert late
    assert {answer.iteration_id for answer in late} == {str(iterations[0])}
