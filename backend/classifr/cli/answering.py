"""Who says what an image shows: a server, this installation, or the bare engine."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from classifr.cli.client.api import ApiClient
from classifr.cli.client.finding import find_iteration, find_project
from classifr.cli.client.opening import open_client
from classifr.cli.commands.options import Place
from classifr.cli.setup import quiet_settings
from classifr.cli.sources import read_image
from classifr.cli.terminal import busy
from classifr.database.embedded import prepare_data_dir
from classifr.predictions.answers import as_read
from classifr.predictions.schemas import PredictionRead
from classifr.predictions.service import Answer, classify_image
from classifr.settings import Settings
from classifr.vision.local.opening import make_backbones
from classifr.vision.local.vision import LocalVision, default_sessions
from classifr.vision.port import Vision
from classifr.vision.values import Target

#: What is read of an image for a server, which has limits of its own.
_LARGEST_SENT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """Whose answer is wanted. iteration: None is the latest published."""

    project: str | None
    iteration: str | None
    top: int | None


@dataclass(frozen=True)
class Answerer:
    """Answers for images by their names. at_once: as many as keep it busy."""

    answer: Callable[[str], Awaitable[PredictionRead]]
    at_once: int


@asynccontextmanager
async def open_answerer(place: Place, asked: Asked) -> AsyncIterator[Answerer]:
    """What `POST /predict` would answer, without anything being stored here.

    Where nothing was ever installed, the engine answers by itself: no database is made for that.
    """
    settings = quiet_settings(verbose=place.verbose)
    if place.api_url is None and settings.api_url is None:
        opening = _installed(place, settings, asked)
        if not _is_installed(settings) and asked.project is None and asked.iteration is None:
            opening = _bare_engine(settings, asked)
    else:
        opening = _server(place, asked)
    async with opening as answerer:
        yield answerer


def _is_installed(settings: Settings) -> bool:
    return settings.database_url is not None or (settings.data_dir / "postgres" / "data").exists()


@asynccontextmanager
async def _bare_engine(settings: Settings, asked: Asked) -> AsyncIterator[Answerer]:
    if not settings.data_dir.exists():
        prepare_data_dir(settings.data_dir)
    sessions = settings.engine.sessions or default_sessions()
    vision = LocalVision(
        make_backbones(settings),
        sessions=sessions,
        max_waiting=sessions + 1,
        max_pixels=settings.upload.max_pixels,
    )
    try:
        with busy("Loading the model"):
            await vision.open()
        yield _by_vision(vision, settings, Target(), asked.top, sessions + 1)
    finally:
        await vision.close()


@asynccontextmanager
async def _installed(place: Place, settings: Settings, asked: Asked) -> AsyncIterator[Answerer]:
    from classifr.cli.client.local import LocalClient  # noqa: PLC0415

    async with open_client(place) as client:
        assert isinstance(client, LocalClient)
        await client.wait_until_ready()
        if asked.iteration is not None:
            max_bytes = settings.upload.max_bytes
            yield await _by_trial(client, asked, max_bytes)
            return
        await _check_project(client, asked)
        target = Target(project=asked.project)
        yield _by_vision(client.state.vision, settings, target, asked.top, client.at_once)


@asynccontextmanager
async def _server(place: Place, asked: Asked) -> AsyncIterator[Answerer]:
    async with open_client(place) as client:
        if asked.iteration is not None:
            yield await _by_trial(client, asked, _LARGEST_SENT_BYTES)
            return
        await _check_project(client, asked)
        wanted = {"project": asked.project, "top": asked.top, "store": "false"}
        params = {name: value for name, value in wanted.items() if value is not None}
        yield _by_route(client, "/predict", params, _LARGEST_SENT_BYTES)


async def _check_project(client: ApiClient, asked: Asked) -> None:
    """Raises: ApiError if the project is not there or publishes nothing; once, not per image."""
    if asked.project is not None:
        await client.get("/tags", project=asked.project)


def _by_vision(
    vision: Vision, settings: Settings, target: Target, top: int | None, at_once: int
) -> Answerer:
    async def answer(name: str) -> PredictionRead:
        data = await read_image(name, max_bytes=settings.upload.max_bytes)
        classification = await classify_image(vision, data, settings.upload, target)
        return as_read(Answer(classification), top=top)

    return Answerer(answer, at_once)


async def _by_trial(client: ApiClient, asked: Asked, max_bytes: int) -> Answerer:
    """By an iteration that need not be published."""
    project = await find_project(client, asked.project)
    found = await find_iteration(client, project, asked.iteration or "")
    trial = await client.trial(project, found)

    async def answer(name: str) -> PredictionRead:
        read = await trial(await read_image(name, max_bytes=max_bytes))
        return PredictionRead.model_validate(
            {**read, "predictions": read["predictions"][: asked.top]}
        )

    return Answerer(answer, client.at_once)


def _by_route(client: ApiClient, path: str, params: dict[str, Any], max_bytes: int) -> Answerer:
    async def answer(name: str) -> PredictionRead:
        data = await read_image(name, max_bytes=max_bytes)
        files = {"image": ("image", data)}
        return PredictionRead.model_validate(await client.send_files(path, files, **params))

    return Answerer(answer, client.at_once)
