"""What an image shows, by a published iteration: what the prediction client asks."""

from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from classifr.customvision.access import PredictionKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.image_body import read_address, read_image
from classifr.customvision.paths import PublishedName
from classifr.customvision.prediction_wire import image_prediction
from classifr.database.models import User
from classifr.dependencies import StateDep
from classifr.errors import ProjectNotFound
from classifr.predictions.stored import service as stored
from classifr.predictions.stored.service import Keeping
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID
from classifr.vision.values import Target

router = APIRouter(prefix="/{project_id}/classify/iterations/{published_name}")

_MOST_APPLICATION_CHARACTERS = 256


async def find_target(_: PredictionKey, project_id: UUID, published_name: PublishedName) -> Target:
    """Who is to answer. Raises: ProjectNotFound."""
    if project_id == BUILTIN_PROJECT_ID:
        raise ProjectNotFound
    return Target(str(project_id), published_name)


ChosenTarget = Annotated[Target, Depends(find_target)]


async def read_application(_: PredictionKey, application: str | None = Query(None)) -> str | None:
    """What the client calls itself. Raises: Refused."""
    if application and (
        len(application) > _MOST_APPLICATION_CHARACTERS or not application.isprintable()
    ):
        raise Refused(
            ErrorCode.PREDICTION_INVALID_APPLICATION_NAME,
            f"The name of an application has {_MOST_APPLICATION_CHARACTERS} characters at most, "
            "all of them printable.",
        )
    return application or None


Application = Annotated[str | None, Depends(read_application)]


async def sent_image(request: Request, _: ChosenTarget) -> bytes:
    """The image in the body. Raises: as `read_image`."""
    return await read_image(request)


async def image_at(request: Request, state: StateDep, target: ChosenTarget) -> bytes:
    """The image at the address in the body, fetched once it is sure that somebody answers.

    Raises: as `read_address`, `ImageFetcher.fetch` and `Vision.tags`.
    """
    address = await read_address(request)
    await state.vision.tags(target)
    return await state.fetcher.fetch(address, max_bytes=state.settings.upload.max_bytes)


SentImage = Annotated[bytes, Depends(sent_image)]
ImageAt = Annotated[bytes, Depends(image_at)]


@router.post("/image")
async def classify_image(
    state: StateDep,
    user: PredictionKey,
    target: ChosenTarget,
    application: Application,
    image: SentImage,
) -> Response:
    """Every tag's probability; the image is kept with them."""
    return await _classify(state, target, image, _keeping(state, user, application))


@router.post("/image/nostore")
async def classify_image_with_no_store(
    state: StateDep, target: ChosenTarget, _: Application, image: SentImage
) -> Response:
    """As above; nothing is kept."""
    return await _classify(state, target, image, None)


@router.post("/url")
async def classify_image_url(
    state: StateDep,
    user: PredictionKey,
    target: ChosenTarget,
    application: Application,
    image: ImageAt,
) -> Response:
    """As `classify_image`, of an image that is fetched."""
    return await _classify(state, target, image, _keeping(state, user, application))


@router.post("/url/nostore")
async def classify_image_url_with_no_store(
    state: StateDep, target: ChosenTarget, _: Application, image: ImageAt
) -> Response:
    """As above; nothing is kept."""
    return await _classify(state, target, image, None)


def _keeping(state: State, user: User, application: str | None) -> Keeping:
    period = timedelta(days=state.settings.retention.stored_prediction_days)
    return Keeping(user, period, application)


async def _classify(
    state: State, target: Target, image: bytes, keeping: Keeping | None
) -> Response:
    answer = await stored.classify(
        state.database,
        state.storage,
        state.settings.upload,
        data=image,
        classify=partial(state.vision.classify, target=target),
        keeping=keeping,
    )
    body = image_prediction(answer).model_dump_json(by_alias=True)
    return Response(body, media_type="application/json")
