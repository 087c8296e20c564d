"""What the client of the API tries again, and how it says what went wrong."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest

from classifr.cli.client.api import MOST_ATTEMPTS, ApiClient
from classifr.cli.client.failures import ApiError, Unreachable
from classifr.cli.client.opening import open_client
from classifr.cli.commands.options import Place
from classifr.cli.failures import CommandError, Failure
from classifr.cli.following import time_left
from classifr.cli.publishing import is_improvement
from classifr.concurrency import for_each

WHERE = "https://classifr.test"
BUSY = httpx.Response(
    503, json={"error": "overloaded", "detail": "Busy. Wait."}, headers={"Retry-After": "7"}
)


class Script:
    """Answers in order; the last one again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    async def sleep(self, seconds: float) -> None:
        """Note how long the client would have waited, without waiting."""
        self.waits.append(seconds)


def client_of(script: Callable[[httpx.Request], httpx.Response]) -> ApiClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=f"{WHERE}/base/")
    sleep = script.sleep if isinstance(script, Script) else asyncio.sleep
    return ApiClient(http, where=WHERE, sleep=sleep)


async def failure_of(*answers: httpx.Response | Exception) -> Failure:
    with pytest.raises(CommandError) as error:
        await client_of(Script(*answers)).get("/projects")
    return error.value.failure


async def test_reading_waits_as_long_as_it_is_told() -> None:
    script = Script(BUSY, BUSY, httpx.Response(200, json={"items": []}))
    assert await client_of(script).get("/projects") == {"items": []}
    assert script.waits == [7, 7]
    assert script.requests[0].url == f"{WHERE}/base/projects"


async def test_nothing_is_created_twice() -> None:
    for answer in (BUSY, httpx.ReadError("gone"), httpx.ReadTimeout("late")):
        script = Script(answer)
        for send in (
            client_of(script).post("/projects", {"name": "x"}),
            client_of(script).patch("/projects/1", {"name": "x"}),
            client_of(script).delete("/projects/1"),
        ):
            with pytest.raises(CommandError):
                await send
        assert len(script.requests) == 3
        assert script.waits == []


async def test_images_are_sent_again_because_the_server_knows_them() -> None:
    script = Script(BUSY, httpx.ReadError("gone"), httpx.Response(200, json={"items": []}))
    await client_of(script).send_files("/images", [("images", ("a.jpg", b"bytes"))])
    assert len(script.requests) == 3
    assert b"bytes" in script.requests[2].content


async def test_the_client_gives_up() -> None:
    script = Script(BUSY)
    with pytest.raises(ApiError, match="Busy"):
        await client_of(script).get("/projects")
    assert len(script.requests) == MOST_ATTEMPTS


async def test_who_is_not_there_is_not_asked_again() -> None:
    script = Script(httpx.ConnectError("Connection refused"))
    with pytest.raises(Unreachable):
        await client_of(script).get("/projects")
    assert len(script.requests) == 1


async def test_pages_are_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("cursor", "0"))
        assert request.url.params["limit"] == "200"
        following = str(page + 1) if page < 2 else None
        return httpx.Response(200, json={"items": [{"n": page}], "next": following})

    found = [image["n"] async for image in client_of(answer).images("p")]
    assert found == [0, 1, 2]


async def test_many_images_are_tagged_in_requests_that_may_be_repeated() -> None:
    script = Script(BUSY, httpx.Response(200, json={}))
    ids = [f"{number}" for number in range(300)]
    await client_of(script).add_tag("p", "t", ids)
    sent = [json.loads(request.content) for request in script.requests]
    assert [len(payload["image_ids"]) for payload in sent] == [256, 256, 44]
    assert [*sent[1]["image_ids"], *sent[2]["image_ids"]] == ids
    assert all((payload["add"], payload["remove"]) == (["t"], []) for payload in sent)


async def test_errors_are_sentences_with_a_hint() -> None:
    key = {"error": "api_key_invalid", "detail": "The API key is wrong. Ask for another."}
    failure = await failure_of(httpx.Response(401, json=key))
    assert failure.exit_code == 2
    assert "API key is wrong" in failure.line
    assert "classifr key create" in failure.hint
    conflict = {"error": "limit_reached", "detail": "There are 100. Delete one."}
    failure = await failure_of(httpx.Response(409, json=conflict))
    assert (failure.reason, failure.hint, failure.exit_code) == ("There are 100.", "Delete one.", 1)
    failure = await failure_of(httpx.ConnectError("All attempts failed"))
    assert "Nothing answers at https://classifr.test" in failure.reason
    assert (await failure_of(httpx.ConnectTimeout(""))).reason.endswith("in time.")
    assert "too long" in (await failure_of(httpx.ReadTimeout(""))).reason


async def test_strangers_are_told_from_classifr() -> None:
    page = httpx.Response(200, html="<h1>Hello</h1>")
    assert "is not Classifr" in (await failure_of(page)).reason
    assert "is not Classifr" in (await failure_of(httpx.Response(200, json=[1]))).reason
    away = httpx.Response(301, headers={"Location": "https://other.test"})
    failure = await failure_of(away)
    assert "https://other.test" in failure.reason
    assert "never sent on" in failure.hint
    too_large = httpx.Response(413, html="<h1>413</h1>")
    assert "client_max_body_size" in (await failure_of(too_large)).hint
    assert "502" in (await failure_of(httpx.Response(502, html="<h1>Bad gateway</h1>"))).reason
    assert (await failure_of(httpx.Response(404, html="no"))).exit_code == 2


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (Place("ftp://x", "clf_x", False), "no address"),
        (Place("http://", "clf_x", False), "no address"),
        (Place("https://x", None, False), "no API key"),
        (Place("https://x", "clf_\n", False), "characters"),
        (Place(None, "clf_x", False), "without --api-url"),
    ],
)
async def test_a_place_that_is_none_is_refused(place: Place, reason: str) -> None:
    with pytest.raises(CommandError, match=reason) as error:
        async with open_client(place):
            pass
    assert error.value.failure.exit_code == 2


def test_a_place_does_not_show_its_key() -> None:
    assert "clf_secret" not in repr(Place("https://x", "clf_secret", False))


async def test_the_first_error_ends_the_others() -> None:
    done = []

    async def do(number: int) -> None:
        if number == 3:
            raise CommandError("three", hint="x")
        await asyncio.sleep(0)
        done.append(number)

    with pytest.raises(CommandError, match="three"):
        await for_each(range(100), do, at_once=2)
    assert len(done) < 10


@pytest.mark.parametrize(
    ("verdict", "new", "lost", "is_better"),
    [
        ("better", [], [], True),
        ("better", [], ["a"], True),
        ("no clear difference", [], [], False),
        ("no clear difference", ["a"], [], True),
        ("no clear difference", ["a"], ["b"], False),
        ("worse", ["a"], [], False),
    ],
)
def test_better_is_better_or_no_worse_and_knows_more(
    verdict: str, new: list[str], lost: list[str], is_better: bool
) -> None:
    comparison = {"verdict": verdict, "new_tags": new, "lost_tags": lost}
    assert is_improvement(comparison) is is_better


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.2, "1 s left"), (89, "89 s left"), (150, "2 min left"), (7200, "2.0 h left")],
)
def test_time_left_is_said_as_people_do(seconds: float | None, text: str) -> None:
    assert time_left(seconds) == text
