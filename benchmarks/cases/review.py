"""A page of wrong predictions: 100,000 of them may hardly cost more than 1,000."""

import asyncio
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import asyncpg

from cases.bench import Bench
from classifr.database.embedded import EmbeddedPostgres
from classifr.feedback.place import Place
from client import Client, get_request
from measure import Measurement, run_rounds
from server import Server

LIMIT = 1.5
FEW, MANY = 1_000, 100_000
# The rows are a minute apart, up to now. Five tags and users, mixed; `rare` and `seldom` are
# the first sixty rows alone.
_INSERT = """
with rows as (
    select gen_random_uuid() as id, row,
           now() - (($1::int - row) * interval '1 minute') as at,
           case when row <= 60 then 'rare' else 'tag ' || row % 5 end as tag,
           case when row <= 60 then 'seldom' else 'user ' || row / 5 % 5 end as username,
           md5(row::text) || md5(row::text) as sha256
    from generate_series(1, $1::int) as numbers (row)
), made as (
    insert into predictions (id, user_id, project_id, iteration_id, project, iteration, tag,
                             probability, top, image_sha256, verdict, verdict_at, created_at)
    select rows.id, users.id, iterations.project_id, iterations.id, 'ImageNet', iterations.name,
           tag, 0.5,
           '[{"tag": "a", "probability": 0.5}, {"tag": "b", "probability": 0.2},
             {"tag": "c", "probability": 0.1}, {"tag": "d", "probability": 0.1},
             {"tag": "e", "probability": 0.1}]',
           sha256, 'nok', at, at
    from rows, users, iterations
)
insert into wrong_predictions (prediction_id, image_key, tag, probability, username, created_at)
select id, 'wrong/' || id, tag, 0.5, username, at from rows order by row
"""


def measure(bench: Bench) -> Iterator[Measurement]:
    """The same page on two servers, one with few rows, the other with many."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(bench.folder())) for _ in range(2)]
        for server, rows in zip(servers, (FEW, MANY), strict=True):
            asyncio.run(_fill(server, rows))
        clients = [stack.enter_context(Client(server.port)) for server in servers]
        tokens = [server.token() for server in servers]
        for name, queries in _pages().items():
            requests = [
                get_request(f"/admin/wrong-predictions?{urlencode(query)}", token)
                for query, token in zip(queries, tokens, strict=True)
            ]
            yield _compare(bench, f"review{name}", servers, clients, requests)


def _pages() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """What is asked of the server with few rows, and of the one with many; each fills its page."""
    now = datetime.now(UTC)
    # Where the older half of the few begins, and the oldest tenth of the many.
    half, tenth = (
        (now - timedelta(minutes=minutes)).isoformat() for minutes in (FEW // 2, MANY * 9 // 10)
    )
    days_before = (now - timedelta(minutes=MANY * 9 // 10, days=3)).isoformat()
    return {
        "": ({}, {}),
        "-deep-cursor": (
            {"cursor": Place(now - timedelta(minutes=FEW * 9 // 10), FEW).to_cursor()},
            {"cursor": Place(now - timedelta(minutes=MANY * 9 // 10), MANY).to_cursor()},
        ),
        "-tag": ({"tag": "tag 1"}, {"tag": "tag 1"}),
        "-rare-tag": ({"tag": "rare"}, {"tag": "rare"}),
        "-user": ({"username": "user 1"}, {"username": "user 1"}),
        "-rare-user": ({"username": "seldom"}, {"username": "seldom"}),
        "-since": ({"created_from": half}, {"created_from": half}),
        "-until": ({"created_to": half}, {"created_to": tenth}),
        "-old-days": (
            {"created_to": half},
            {"created_from": days_before, "created_to": tenth},
        ),
        "-tag-until": (
            {"tag": "tag 1", "created_to": half},
            {"tag": "tag 1", "created_to": tenth},
        ),
        "-tag-user": (
            {"tag": "rare", "username": "seldom"},
            {"tag": "rare", "username": "seldom"},
        ),
    }


async def _fill(server: Server, rows: int) -> None:
    """Insert the rows as one statement, and have PostgreSQL count them."""
    with EmbeddedPostgres(server.data_dir) as database:
        connection = await asyncpg.connect(database.libpq_url)
        try:
            await connection.execute(_INSERT, rows)
            await connection.execute("vacuum analyze")
        finally:
            await connection.close()


def _compare(
    bench: Bench,
    name: str,
    servers: list[Server],
    clients: list[Client],
    requests: list[bytes],
) -> Measurement:
    def page(number: int) -> float:
        return statistics.median(clients[number].timed(requests[number]) for _ in range(20))

    page(0)
    page(1)
    rounds = run_rounds(
        {"few": lambda: page(0), "many": lambda: page(1)},
        rounds=bench.repeat(7, 3),
        ours=lambda: [process for server in servers for process in server.processes()],
    )
    return Measurement(
        name=name,
        value=rounds.median("many") * 1000,
        unit="ms",
        floor=rounds.median("few") * 1000,
        limit=LIMIT,
        spread=rounds.spread("few"),
        others=rounds.others,
    )
