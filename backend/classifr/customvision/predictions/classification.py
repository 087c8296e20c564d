"""What an image shows, by a published iteration: what the prediction client asks."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response

from classifr.customvision.access import KeyFirst, PredictionKey
from classifr.customvision.addresses import Addresses, FileAddresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.fetching import fetch_image
from classifr.customvision.image_body import read_address, read_image
from classifr.customvision.paths import PublishedName, asked_version
from classifr.customvision.predictions.schemas import image_prediction_json
from classifr.database.models import User
from classifr.dependencies import StateDep
from classifr.errors import ProjectNotFound
from classifr.predictions.stored import service as stored
from classifr.predictions.stored.service import Keeping
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID
from classifr.vision.values import Target

router = APIRouter(
    prefix="/{project_id}/classify/iterations/{published_name}", route_class=KeyFirst
)

_MOST_APPLICATION_CHARACTERS = 256

# The routes read their bodies themselves, where the caller is known and allowed. A dependency that
# comes after the caller's would have FastAPI go through all of those a second time.


@router.post("/image")
async def classify_image(
    request: Request,
    state: StateDep,
    user: PredictionKey,
    project_id: UUID,
    published_name: PublishedName,
    application: str | None = None,
) -> Response:
    """Every tag's probability; the image is kept with them."""
    target, keeping = find_target(project_id, published_name), _keeping(state, user, application)
    return await _classify(request, state, target, await read_image(request), keeping)


@router.post("/image/nostore")
async def classify_image_with_no_store(
    request: Request,
    state: StateDep,
    _: PredictionKey,
    project_id: UUID,
    published_name: PublishedName,
) -> Response:
    """As above; nothing is kept."""
    target = find_target(project_id, published_name)
    return await _classify(request, state, target, await read_image(request), None)


@router.post("/url")
async def classify_image_url(
    request: Request,
    state: StateDep,
    user: PredictionKey,
    project_id: UUID,
    published_name: PublishedName,
    addresses: Addresses,
    application: str | None = None,
) -> Response:
    """As `classify_image`, of an image that is fetched."""
    target, keeping = find_target(project_id, published_name), _keeping(state, user, application)
    image = await _fetch(state, addresses, request, target)
    return await _classify(request, state, target, image, keeping)


@router.post("/url/nostore")
async def classify_image_url_with_no_store(
    request: Request,
    state: StateDep,
    _: PredictionKey,
    project_id: UUID,
    published_name: PublishedName,
    addresses: Addresses,
) -> Response:
    """As above; nothing is kept."""
    target = find_target(project_id, published_name)
    image = await _fetch(state, addresses, request, target)
    return await _classify(request, state, target, image, None)


def find_target(project_id: UUID, published_name: str) -> Target:
    """Who is to answer. Raises: ProjectNotFound."""
    if project_id == BUILTIN_PROJECT_ID:
        raise ProjectNotFound
    return Target(str(project_id), published_name)


def _keeping(state: State, user: User, application: str | None) -> Keeping:
    """Raises: Refused."""
    application = application or None
    if application and (
        len(application) > _MOST_APPLICATION_CHARACTERS or not application.isprintable()
    ):
        raise Refused(
            ErrorCode.PREDICTION_INVALID_APPLICATION_NAME,
            f"The name of an application has {_MOST_APPLICATION_CHARACTERS} characters at most, "
            "all of them printable.",
        )
    period = timedelta(days=state.settings.retention.stored_prediction_days)
    return Keeping(user, period, application)


async def _fetch(state: State, addresses: FileAddresses, request: Request, target: Target) -> bytes:
    """The image at the address in the body, once it is sure that somebody answers.

    Raises: as `read_address`, `Vision.tags` and `fetch_image`.
    """
    url, max_bytes = await read_address(request), state.settings.upload.max_bytes
    await state.vision.tags(target)
    return await fetch_image(state, addresses, url, max_bytes=max_bytes)


async def _classify(
    request: Request, state: State, target: Target, image: bytes, keeping: Keeping | None
) -> Response:
    answer = await stored.classify(
        state.database,
        state.storage,
        state.settings.upload,
        data=image,
        classify=partial(state.vision.classify, target=target),
        keeping=keeping,
    )
    body = image_prediction_json(answer, version=asked_version(request))
    return Response(body, media_type="application/json")
