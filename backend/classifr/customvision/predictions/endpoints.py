"""Predictions that were kept: looked through, made into training images, deleted."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import Addresses, FileAddresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundProject, ProjectId
from classifr.customvision.errors import Refused
from classifr.customvision.predictions.files import PREDICTION_FILES
from classifr.customvision.predictions.schemas import (
    Prediction,
    PredictionQueryResult,
    PredictionQueryToken,
    StoredImagePrediction,
)
from classifr.customvision.projects.domains import GENERAL
from classifr.customvision.renditions import Size
from classifr.customvision.wire import IdList
from classifr.database.models import Prediction as Row
from classifr.dependencies import SessionDep, StorageDep
from classifr.kinds import TagType
from classifr.predictions.stored import service as stored
from classifr.predictions.stored.service import StoredFilter, TagBounds

router = APIRouter(prefix="/projects/{project_id}/predictions", route_class=KeyFirst)

#: Of a page, and of one whose size is not said.
_MOST_RESULTS = 256
_MOST_TAGS = 2
_MOST_IDS = 64


@router.post("/query")
async def query_predictions(
    session: SessionDep,
    addresses: Addresses,
    project: FoundProject,
    token: PredictionQueryToken,
) -> Response:
    """A page of the kept predictions; the token that comes with it asks for the next."""
    limit = token.page_size(_MOST_RESULTS)
    found = await stored.list_stored(
        session,
        project.id,
        _filter(token),
        order=token.order_by,
        after=token.place(UUID),
        limit=limit + 1,
    )
    page = found[:limit]
    next_token = token.following(page[-1].id.hex if len(found) > limit else None)
    domain = project.domain_id or GENERAL
    # Made by us, hence not validated: a page may have thousands of tags.
    answer = PredictionQueryResult.model_construct(
        token=next_token, results=[_read(row, domain, addresses) for row in page]
    )
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")


@router.delete("", status_code=204)
async def delete_prediction(
    session: SessionDep,
    storage: StorageDep,
    project_id: ProjectId,
    ids: Annotated[IdList | None, Query()] = None,
) -> None:
    """Delete those that are kept; others are gone already, which is what was wanted."""
    if not ids:
        raise Refused(ErrorCode.PREDICTION_IDS_MISSING, "Name the predictions: ids=...,...")
    if len(ids) > _MOST_IDS:
        raise Refused(
            ErrorCode.PREDICTION_IDS_EXCEEDED_COUNT, f"Name {_MOST_IDS} predictions at most."
        )
    await stored.forget_stored(session, storage, project_id, ids)


def _filter(token: PredictionQueryToken) -> StoredFilter:
    tags = token.tags or []
    if len(tags) > _MOST_TAGS:
        raise Refused(
            ErrorCode.PREDICTION_TAGS_EXCEEDED_COUNT, f"Combine {_MOST_TAGS} tags at most."
        )
    return StoredFilter(
        iteration_id=token.iteration_id,
        created_from=_in_utc(token.start_time),
        created_to=_in_utc(token.end_time),
        application=token.application or None,
        tags=tuple(TagBounds(tag.id, tag.min_threshold, tag.max_threshold) for tag in tags),
    )


def _in_utc(time: datetime | None) -> datetime | None:
    """The same moment; without a zone it is in UTC already. Raises: Refused."""
    if time is None or time.tzinfo is None:
        return time and time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise Refused(
            ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS, "A time lies outside the calendar."
        ) from None


def _read(row: Row, domain: UUID, addresses: FileAddresses) -> StoredImagePrediction:
    original, resized, thumbnail = (addresses.sign(PREDICTION_FILES, row.id, size) for size in Size)
    return StoredImagePrediction.model_construct(
        id=row.id,
        project=row.project_id,
        iteration=row.iteration_id,
        created=row.created_at,
        predictions=_predictions(row),
        original_image_uri=original,
        resized_image_uri=resized,
        thumbnail_uri=thumbnail,
        domain=domain,
    )


def _predictions(row: Row) -> list[Prediction]:
    return [
        Prediction.model_construct(
            probability=likely["probability"],
            tag_id=UUID(likely["tag_id"]),
            tag_name=likely["tag"],
            tag_type=TagType(likely["tag_type"]) if "tag_type" in likely else None,
        )
        for likely in row.top
        if "tag_id" in likely
    ]
