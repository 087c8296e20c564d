"""Images into a project, as Custom Vision's clients send them: POST /projects/{id}/images..."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import Addresses, FileAddresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import ProjectId
from classifr.customvision.errors import Refused
from classifr.customvision.images import forms
from classifr.customvision.images.queries import TagIds
from classifr.customvision.images.schemas import Batch, PredictionEntry, UrlEntry
from classifr.customvision.images.shown import to_summary
from classifr.customvision.images.sources import Source, fetch_urls, read_files
from classifr.customvision.images.spool import Piece, Spool
from classifr.dependencies import StateDep
from classifr.predictions.stored.training import ChosenPrediction, add_to_training
from classifr.state import State
from classifr.training.images import service
from classifr.training.images.service import IncomingImage
from classifr.vision.values import ImageResult, ImageStatus

router = APIRouter(prefix="/projects/{project_id}/images", route_class=KeyFirst)


@router.post("")
async def create_images_from_data(
    request: Request,
    state: StateDep,
    project_id: ProjectId,
    addresses: Addresses,
    tag_ids: TagIds,
) -> Response:
    """The files of a form, or the whole body; all of them get the tags."""
    async with forms.read_images(request, state.settings, tuple(dict.fromkeys(tag_ids))) as images:
        results = await _add(state, project_id, images)
    # As forms quote them, so does the service.
    sources = [f'"{image.name}"' if image.name else "" for image in images]
    return _answer(sources, results, project_id, addresses)


@router.post("/files")
async def create_images_from_files(
    request: Request, state: StateDep, project_id: ProjectId, addresses: Addresses
) -> Response:
    """Images in base64."""
    with Spool(state.settings) as spool:
        batch, sources = await read_files(request, spool, state.settings)
        results = await _create(state, project_id, spool, sources, batch.metadata)
    return _answer([source.url for source in sources], results, project_id, addresses)


@router.post("/urls")
async def create_images_from_urls(
    state: StateDep, project_id: ProjectId, addresses: Addresses, batch: Batch[UrlEntry]
) -> Response:
    """Images at addresses on the web."""
    with Spool(state.settings) as spool:
        sources = await fetch_urls(batch, spool, state, addresses)
        results = await _create(state, project_id, spool, sources, batch.metadata)
    return _answer([source.url for source in sources], results, project_id, addresses)


@router.post("/predictions")
async def create_images_from_predictions(
    state: StateDep, project_id: ProjectId, addresses: Addresses, batch: Batch[PredictionEntry]
) -> Response:
    """Images of kept predictions, which are kept no more once they are in the project."""
    chosen = [
        ChosenPrediction(entry.id, batch.tags_of(entry), batch.metadata or {})
        for entry in batch.images or ()
    ]
    results = list(await add_to_training(state, project_id, chosen, several_tags=True))
    return _answer([str(one.prediction_id) for one in chosen], results, project_id, addresses)


async def _create(
    state: State,
    project_id: UUID,
    spool: Spool,
    sources: Sequence[Source],
    metadata: Mapping[str, str] | None,
) -> list[ImageResult]:
    """What became of each image, those that never came among them."""
    incoming = [
        IncomingImage(
            source.name,
            source.image.size,
            source.tag_ids,
            partial(spool.read, source.image),
            metadata or {},
        )
        for source in sources
        if isinstance(source.image, Piece)
    ]
    added = iter(await _add(state, project_id, incoming) if incoming else [])
    return [
        ImageResult(source.name, source.image, None, None)
        if isinstance(source.image, ImageStatus)
        else next(added)
        for source in sources
    ]


async def _add(
    state: State, project_id: UUID, incoming: Sequence[IncomingImage]
) -> list[ImageResult]:
    added = service.add_incoming(state, project_id, incoming, several_tags=True)
    return [result async for result in added]


def _answer(
    sources: list[str], results: list[ImageResult], project_id: UUID, addresses: FileAddresses
) -> Response:
    """200 if every image is new, else 207. Raises: Refused if there was not one image."""
    if not results:
        raise Refused(ErrorCode.IMAGE_BATCH, "No valid image files")
    summary = to_summary(sources, results, project_id, addresses)
    body = summary.model_dump_json(by_alias=True, exclude_unset=True)
    status = 200 if summary.is_batch_successful else 207
    return Response(body, status, media_type="application/json")
