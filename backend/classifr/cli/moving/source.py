"""A project on a server that speaks Custom Vision's training API, to be read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from classifr import __version__
from classifr.cli.failures import AskedWrongly, CommandError
from classifr.cli.moving.values import (
    AddressExpired,
    ImageLost,
    SourceImage,
    SourceIteration,
    SourceProject,
    SourceTag,
)
from classifr.cli.wording import one_line
from classifr.kinds import ClassificationType, TagType

_API = "customvision/v3.3/training"
_KEY_HEADER = "Training-Key"
_TIMEOUT = httpx.Timeout(100, connect=10)
_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=16)
_MOST_ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 60.0
#: The most images that one page may have.
_PAGE = 256
#: No service keeps larger training images.
_LARGEST_IMAGE_BYTES = 64 * 1024 * 1024
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_DENIED = frozenset({401, 403})


class Source:
    """Reads one server. Everything is tried again while the server is busy or away."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        where: str,
        key: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """where: the endpoint; key: a training key, which is sent nowhere else."""
        self._http = http
        self._where = where
        self._key = key
        self._sleep = sleep

    async def find_project(self, named: str) -> SourceProject:
        """The project of this id or name. Raises: CommandError."""
        projects = await self._json("projects")
        found = [one for key in ("id", "name") for one in projects if one.get(key) == named]
        if not found:
            names = ", ".join(one_line(str(one.get("name"))) for one in projects) or "none"
            raise AskedWrongly(
                f"{self._where} has no project called {named}.", hint=f"It has: {names}."
            )
        project = found[0]
        settings = project.get("settings") or {}
        return SourceProject(
            id=project["id"],
            name=project["name"],
            description=project.get("description") or "",
            classification_type=settings.get("classificationType") or ClassificationType.MULTILABEL,
            domain_id=settings.get("domainId"),
            settings=settings,
            tags=await self._tags(project["id"]),
        )

    async def domain_type(self, domain_id: str) -> str:
        """Classification or ObjectDetection."""
        return str((await self._json(f"domains/{domain_id}")).get("type"))

    async def iterations(self, project: SourceProject) -> list[SourceIteration]:
        """All of them, the newest first."""
        return [
            SourceIteration(one["id"], one["name"], one.get("status") == "Completed")
            for one in await self._json(f"projects/{project.id}/iterations")
        ]

    async def performance(
        self, project: SourceProject, iteration: SourceIteration, *, threshold: float
    ) -> dict[str, Any]:
        """What the service measured, by its names on the wire."""
        path = f"projects/{project.id}/iterations/{iteration.id}/performance"
        return dict(await self._json(path, threshold=threshold))

    async def image_count(self, project: SourceProject) -> int:
        """How many images the project has, tagged or not."""
        tagged = await self._json(f"projects/{project.id}/images/tagged/count")
        untagged = await self._json(f"projects/{project.id}/images/untagged/count")
        return int(tagged) + int(untagged)

    async def images(
        self, project: SourceProject, iteration: SourceIteration | None = None
    ) -> AsyncIterator[SourceImage]:
        """Every image, tagged and untagged, the oldest first; None: as the project is now."""
        chosen = {"iterationId": iteration.id} if iteration else {}
        for kind in ("tagged", "untagged"):
            skip = 0
            while True:
                page = await self._json(
                    f"projects/{project.id}/images/{kind}",
                    orderBy="Oldest",
                    take=_PAGE,
                    skip=skip,
                    **chosen,
                )
                for image in page:
                    yield _image(image)
                if len(page) < _PAGE:
                    break
                skip += len(page)

    async def fresh(self, project: SourceProject, ids: Sequence[str]) -> dict[str, SourceImage]:
        """The same images with addresses that are valid again."""
        page = await self._json(f"projects/{project.id}/images/id", imageIds=",".join(ids))
        return {image.id: image for image in map(_image, page)}

    async def download(self, address: str) -> tuple[bytes, str]:
        """The file at an address, and its media type. Raises: AddressExpired, ImageLost."""
        try:
            response = await self._answer(address)
        except CommandError as error:
            raise ImageLost(error.failure.reason) from error
        if response.status_code in (401, 403, 404, 410):
            raise AddressExpired
        if not response.is_success:
            raise ImageLost(f"its address answered {response.status_code}")
        if len(response.content) > _LARGEST_IMAGE_BYTES:
            raise ImageLost("it is larger than any training image")
        return response.content, response.headers.get("content-type", "")

    async def _tags(self, project_id: str) -> tuple[SourceTag, ...]:
        return tuple(
            SourceTag(
                id=tag["id"],
                name=tag["name"],
                description=tag.get("description") or "",
                type=tag.get("type") or TagType.REGULAR,
                image_count=int(tag.get("imageCount") or 0),
            )
            for tag in await self._json(f"projects/{project_id}/tags")
        )

    async def _json(self, path: str, **params: Any) -> Any:
        address = f"{self._where}/{_API}/{path}"
        response = await self._answer(address, headers={_KEY_HEADER: self._key}, params=params)
        if not response.is_success:
            raise self._refusal(response)
        try:
            return response.json()
        except (ValueError, RecursionError) as error:
            raise self._stranger() from error

    async def _answer(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """An answer that it makes no sense to wait for any longer.

        params: None leaves those of the address, of which a signature may be one.
        """
        wait = 0.0
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            await self._sleep(wait)
            try:
                response = await self._http.get(address, headers=headers, params=params)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                is_last = isinstance(error, httpx.ConnectError | httpx.InvalidURL)
                if attempt == _MOST_ATTEMPTS or is_last:
                    raise CommandError(
                        f"Nothing answers at {_place(address)}: {error or type(error).__name__}.",
                        hint="Check the endpoint and the network; run it again to go on.",
                    ) from error
                wait = min(0.5 * 2.0**attempt, _LONGEST_WAIT_SECONDS)
                continue
            if response.status_code not in _AGAIN:
                break
            wait = _wait(response, attempt)
        return response

    def _refusal(self, response: httpx.Response) -> CommandError:
        status = response.status_code
        try:
            # Some proxies repeat what they refuse.
            message = one_line(str(response.json()["message"]).replace(self._key, "***"))
        except (ValueError, RecursionError, LookupError, TypeError):
            message = f"{status} {response.reason_phrase}".strip()
        if status in _DENIED:
            return AskedWrongly(
                f"{self._where} refuses the training key: {message}",
                hint="Copy the key and the endpoint of the training resource again.",
            )
        if response.is_redirect or status == httpx.codes.NOT_FOUND:
            return self._stranger()
        return CommandError(
            f"{self._where} answered: {message}", hint="Run it again to go on where it stopped."
        )

    def _stranger(self) -> CommandError:
        return AskedWrongly(
            f"What answers at {self._where} does not speak Custom Vision's training API.",
            hint="Give the endpoint of the training resource, as its page shows it.",
        )


@asynccontextmanager
async def open_source(endpoint: str, key: str) -> AsyncIterator[Source]:
    """The server at an endpoint. Raises: CommandError if that is no address."""
    where = endpoint.rstrip("/")
    if urlsplit(where).scheme not in ("http", "https") or not urlsplit(where).hostname:
        raise AskedWrongly(
            f"{endpoint!r} is no endpoint.",
            hint="It looks like https://NAME.cognitiveservices.azure.com.",
        )
    if not (key.isascii() and key.isprintable() and key):
        raise AskedWrongly(
            "The training key holds characters that no key has.", hint="Copy it again."
        )
    async with httpx.AsyncClient(
        headers={"User-Agent": f"classifr/{__version__}"},
        timeout=_TIMEOUT,
        limits=_CONNECTIONS,
        # A key is for this address alone.
        follow_redirects=False,
    ) as http:
        yield Source(http, where=where, key=key)


def _image(image: dict[str, Any]) -> SourceImage:
    return SourceImage(
        id=image["id"],
        tag_ids=frozenset(tag["tagId"] for tag in image.get("tags") or ()),
        address=image.get("originalImageUri") or image.get("resizedImageUri") or "",
        metadata=image.get("metadata") or {},
    )


def _wait(response: httpx.Response, attempt: int) -> float:
    seconds = response.headers.get("retry-after", "")
    wait = float(seconds) if seconds.isdigit() else 0.5 * 2.0**attempt
    return min(wait, _LONGEST_WAIT_SECONDS)


def _place(address: str) -> str:
    """An address without what may open something."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
