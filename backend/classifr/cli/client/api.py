"""The JSON API as commands use it: errors are sentences, and what can be repeated is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, TypeAlias

import httpx

from classifr.cli.client.failures import (
    ApiError,
    Unreachable,
    api_error,
    connection_error,
    not_classifr,
)

Json: TypeAlias = dict[str, Any]
Files: TypeAlias = (
    Mapping[str, tuple[str, bytes | BinaryIO]] | Sequence[tuple[str, tuple[str, bytes]]]
)
"""Fields of a form, each with a file's name and its bytes; a sequence may repeat a field."""
Trial: TypeAlias = Callable[[bytes], Awaitable[Json]]
"""From an image file to the answer of `POST /predict`. Raises: ApiError, Unreachable."""

MOST_ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 30.0
_PAGE = 200
_TAGGED_AT_ONCE = 256


class ApiClient:
    """Speaks to one Classifr, wherever it runs."""

    crash_hint = "The server's log says what happened; report that."
    at_once = 8  #: Requests that keep a server busy, without taking all of it.

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        where: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """where: what errors call it; sleep: how it waits before it asks again."""
        self._http = http
        self.where = where
        self._sleep = sleep

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """See to it that jobs are done; a server has workers of its own."""
        yield

    def check(self) -> None:
        """Raises: CommandError if jobs are done no more."""

    async def get(self, path: str, **params: Any) -> Json:
        """The JSON at an address."""
        return _object(await self.request("GET", path, params=params), self.where)

    async def items(self, path: str, **params: Any) -> AsyncIterator[Json]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            asked = params if cursor is None else {**params, "cursor": cursor}
            page = await self.get(path, **asked)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if cursor is None:
                return

    async def images(self, project_id: str, **params: Any) -> AsyncIterator[Json]:
        """The training images of a project, in large pages."""
        async for image in self.items(f"/projects/{project_id}/images", limit=_PAGE, **params):
            yield image

    async def add_tag(self, project_id: str, tag_id: str, image_ids: Sequence[str]) -> None:
        """Give images another tag, in large requests; they keep those they have."""
        for start in range(0, len(image_ids), _TAGGED_AT_ONCE):
            some = image_ids[start : start + _TAGGED_AT_ONCE]
            payload = {"image_ids": some, "add": [tag_id], "remove": []}
            await self.post(f"/projects/{project_id}/images/tags", payload, is_repeatable=True)

    async def post(
        self, path: str, payload: Json | None = None, *, is_repeatable: bool = False, **params: Any
    ) -> Json:
        """Send JSON. is_repeatable: doing it twice is no different from doing it once."""
        response = await self.request(
            "POST", path, json=payload or {}, params=params, is_repeatable=is_repeatable
        )
        return _object(response, self.where)

    async def patch(self, path: str, payload: Json) -> Json:
        """Change something."""
        return _object(await self.request("PATCH", path, json=payload), self.where)

    async def delete(self, path: str, **params: Any) -> None:
        """Delete something."""
        await self.request("DELETE", path, params=params)

    async def send_files(
        self,
        path: str,
        files: Files,
        *,
        data: Json | None = None,
        has_patience: bool = False,
        **params: Any,
    ) -> Json:
        """Send files that may arrive twice without harm: the server knows them by their bytes.

        has_patience: the answer may take any time.
        """
        options: Json = {"timeout": None} if has_patience else {}
        response = await self.request(
            "POST", path, files=files, data=data, params=params, is_repeatable=True, **options
        )
        return _object(response, self.where)

    async def trial(self, project: Json, iteration: Json) -> Trial:
        """Answers by an iteration, published or not, of which nothing is kept."""
        path = f"/projects/{project['id']}/iterations/{iteration['id']}/test"

        async def answer(data: bytes) -> Json:
            return await self.send_files(path, {"image": ("image", data)})

        return answer

    async def download(self, path: str) -> bytes:
        """The bytes at an address."""
        return (await self.request("GET", path)).content

    async def request(
        self, method: str, path: str, *, is_repeatable: bool | None = None, **options: Any
    ) -> httpx.Response:
        """The answer, if it is no error. Raises: ApiError, Unreachable.

        What changes nothing, or can be done twice, is tried again while the server is not ready.
        Everything else is sent once.
        """
        if is_repeatable is None:
            is_repeatable = method == "GET"
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return await self._once(method, path, options)
            except (ApiError, Unreachable) as error:
                wait = _wait_before(error, is_repeatable, attempt)
                if wait is None or attempt == MOST_ATTEMPTS:
                    raise
                await self._sleep(wait)
        raise AssertionError("unreachable")

    async def _once(self, method: str, path: str, options: Json) -> httpx.Response:
        try:
            response = await self._http.request(method, path.lstrip("/"), **options)
        except httpx.TransportError as error:
            raise connection_error(error, self.where) from error
        if not response.is_success:
            raise api_error(response, self.where, crash_hint=self.crash_hint)
        return response


def _wait_before(error: ApiError | Unreachable, is_repeatable: bool, attempt: int) -> float | None:
    """Seconds until the next attempt; None if there is to be none."""
    if isinstance(error, ApiError):
        if error.wait is None or not is_repeatable:
            return None
        return min(error.wait, _LONGEST_WAIT_SECONDS)
    # A server that is not there stays away; a connection that broke may be a restart.
    if not error.is_sent or not is_repeatable:
        return None
    return min(0.5 * 2.0**attempt, _LONGEST_WAIT_SECONDS)


def _object(response: httpx.Response, where: str) -> Json:
    try:
        body = response.json()
    except ValueError as error:
        raise not_classifr(where) from error
    if not isinstance(body, dict):
        raise not_classifr(where)
    return body
