"""Predictions that were kept: looked through, made into training images, deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query

from classifr.customvision.access import TrainingKey
from classifr.customvision.addresses import Addresses, FileAddresses
from classifr.customvision.codes import ErrorCode
from classifr.customvision.domains import GENERAL
from classifr.customvision.errors import Refused
from classifr.customvision.prediction_files import PREDICTION_FILES, Size
from classifr.customvision.prediction_wire import (
    Prediction,
    PredictionQueryResult,
    PredictionQueryToken,
    StoredImagePrediction,
)
from classifr.customvision.wire import IdList
from classifr.database.models import Prediction as Row
from classifr.dependencies import SessionDep, StorageDep, WorkspaceDep
from classifr.errors import ProjectNotFound
from classifr.predictions.stored import service as stored
from classifr.predictions.stored.service import StoredFilter, TagBounds
from classifr.vision.port import BUILTIN_PROJECT_ID

router = APIRouter(prefix="/projects/{project_id}/predictions")

#: Of a page, and of one whose size is not said.
_MOST_RESULTS = 256
_MOST_TAGS = 2
_MOST_IDS = 64


@router.post("/query")
async def query_predictions(
    _: TrainingKey,
    session: SessionDep,
    workspace: WorkspaceDep,
    addresses: Addresses,
    project_id: UUID,
    token: PredictionQueryToken,
) -> PredictionQueryResult:
    """A page of the kept predictions; the token that comes with it asks for the next."""
    project = await workspace.projects.get(str(_own(project_id)))
    limit = _page_size(token)
    found = await stored.list_stored(
        session,
        project_id,
        _filter(token),
        order=token.order_by,
        after=_place(token.continuation),
        limit=limit + 1,
    )
    page = found[:limit]
    next_token = token.model_copy(
        update={
            # It says nothing to us: where a page ended is all there is to remember.
            "session": token.session or f"1:{uuid4().hex[:12]}",
            "continuation": page[-1].id.hex if len(found) > limit else None,
        }
    )
    domain = project.domain_id or GENERAL
    return PredictionQueryResult(
        token=next_token, results=[_read(row, domain, addresses) for row in page]
    )


@router.delete("", status_code=204)
async def delete_prediction(
    _: TrainingKey,
    session: SessionDep,
    workspace: WorkspaceDep,
    storage: StorageDep,
    project_id: UUID,
    ids: Annotated[IdList | None, Query()] = None,
) -> None:
    """Delete those that are kept; others are gone already, which is what was wanted."""
    await workspace.projects.get(str(_own(project_id)))
    if not ids:
        raise Refused(ErrorCode.PREDICTION_IDS_MISSING, "Name the predictions: ids=...,...")
    if len(ids) > _MOST_IDS:
        raise Refused(
            ErrorCode.PREDICTION_IDS_EXCEEDED_COUNT, f"Name {_MOST_IDS} predictions at most."
        )
    await stored.forget_stored(session, storage, project_id, ids)


def _own(project_id: UUID) -> UUID:
    if project_id == BUILTIN_PROJECT_ID:
        raise ProjectNotFound
    return project_id


def _page_size(token: PredictionQueryToken) -> int:
    if token.max_count < 0:
        raise Refused(ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS, "maxCount: it is 0 or more.")
    if token.max_count > _MOST_RESULTS:
        raise Refused(
            ErrorCode.PREDICTION_RESULTS_EXCEEDED_COUNT,
            f"maxCount: it is {_MOST_RESULTS} at most. Ask for the rest with the continuation.",
        )
    return token.max_count or _MOST_RESULTS


def _place(continuation: str | None) -> UUID | None:
    if not continuation:
        return None
    try:
        return UUID(continuation)
    except ValueError:
        raise Refused(
            ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS,
            "continuation: it is none of ours. Start again without it.",
        ) from None


def _filter(token: PredictionQueryToken) -> StoredFilter:
    tags = token.tags or []
    if len(tags) > _MOST_TAGS:
        raise Refused(
            ErrorCode.PREDICTION_TAGS_EXCEEDED_COUNT, f"Combine {_MOST_TAGS} tags at most."
        )
    return StoredFilter(
        iteration_id=token.iteration_id,
        created_from=_with_zone(token.start_time),
        created_to=_with_zone(token.end_time),
        # No name is a name of its own there, but null here.
        application=(token.application or "").replace("\0", "") or None,
        tags=tuple(TagBounds(tag.id, tag.min_threshold, tag.max_threshold) for tag in tags),
    )


def _with_zone(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def _read(row: Row, domain: UUID, addresses: FileAddresses) -> StoredImagePrediction:
    original, resized, thumbnail = (addresses.sign(PREDICTION_FILES, row.id, size) for size in Size)
    return StoredImagePrediction(
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


def _predictions(row: Row) -> Sequence[Prediction]:
    return [
        Prediction(
            probability=likely["probability"],
            tag_id=UUID(likely["tag_id"]),
            tag_name=likely["tag"],
            tag_type=likely.get("tag_type"),
        )
        for likely in row.top
        if "tag_id" in likely
    ]
