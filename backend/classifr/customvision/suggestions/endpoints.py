"""Suggested tags for images that have none yet: the smart labeler."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import Addresses
from classifr.customvision.dependencies import FoundProject, iteration_of
from classifr.customvision.images.schemas import Image
from classifr.customvision.images.shown import to_image
from classifr.customvision.predictions.schemas import Prediction
from classifr.customvision.projects.domains import GENERAL
from classifr.customvision.suggestions.schemas import (
    SortBy,
    StoredSuggestedTagAndRegion,
    SuggestedTagAndRegion,
    SuggestedTagAndRegionQuery,
    SuggestedTagAndRegionQueryToken,
    TagFilter,
)
from classifr.customvision.wire import IdList
from classifr.dependencies import StateDep, VisionDep, WorkspaceDep
from classifr.vision.values import IterationValue, ProjectValue, SuggestedImages, Suggestion

router = APIRouter(prefix="/projects/{project_id}", route_class=KeyFirst)

#: Of a page, and of one whose size is not said.
_MOST_RESULTS = 64
_MOST_IMAGES = 64

#: How uncertain an image is, and which it is: its place in a list.
Place = tuple[float, UUID]


async def find_suggesting_iteration(
    state: StateDep,
    project: FoundProject,
    iteration_id: Annotated[UUID, Query(alias="iterationId")],
) -> IterationValue:
    """The iteration that suggests. Raises: IterationNotFound."""
    return await iteration_of(state, project.id, iteration_id)


SuggestingIteration = Annotated[IterationValue, Depends(find_suggesting_iteration)]


@router.post("/tagsandregions/suggestions")
async def suggest_tags_and_regions(
    vision: VisionDep,
    project: FoundProject,
    iteration: SuggestingIteration,
    image_ids: Annotated[IdList, Query(alias="imageIds", max_length=_MOST_IMAGES)],
) -> list[SuggestedTagAndRegion]:
    """Every tag's probability for each of these images."""
    suggestions = await vision.suggest(project, iteration, image_ids)
    return [SuggestedTagAndRegion(**_read(suggestion, iteration)) for suggestion in suggestions]


@router.post("/images/suggested")
async def query_suggested_images(
    vision: VisionDep,
    workspace: WorkspaceDep,
    addresses: Addresses,
    project: FoundProject,
    iteration: SuggestingIteration,
    token: SuggestedTagAndRegionQueryToken,
) -> SuggestedTagAndRegionQuery:
    """A page of the untagged images with these suggestions; the token asks for the next."""
    found = await vision.find_suggested(
        project, iteration, tag_ids=token.tag_ids or (), threshold=token.threshold
    )
    limit, places = token.page_size(_MOST_RESULTS), _following(token, found)
    page = places[:limit]
    ids = [image_id for _, image_id in page]
    images = {image.id: image for image in await workspace.images.by_ids(project.id, ids)}
    results = [
        _stored(suggestion, iteration, to_image(image, project.id, addresses), project)
        for suggestion in await vision.suggest(project, iteration, list(images))
        if (image := images[suggestion.image_id])
    ]
    next_token = token.following(_continuation(page[-1]) if len(places) > limit else None)
    return SuggestedTagAndRegionQuery(token=next_token, results=results)


@router.post("/images/suggested/count")
async def query_suggested_image_count(
    vision: VisionDep, project: FoundProject, iteration: SuggestingIteration, chosen: TagFilter
) -> dict[UUID, int]:
    """How many untagged images there are for each of these tags, or of all."""
    found = await vision.find_suggested(
        project, iteration, tag_ids=chosen.tag_ids or (), threshold=chosen.threshold
    )
    return dict(found.counts)


def _read(suggestion: Suggestion, iteration: IterationValue) -> dict[str, Any]:
    return {
        "id": suggestion.image_id,
        "project": iteration.project_id,
        "iteration": iteration.id,
        "created": datetime.now(UTC),
        "predictions": [
            Prediction(probability=probability, tag_id=tag.id, tag_name=tag.name, tag_type=tag.type)
            for tag, probability in zip(suggestion.tags, suggestion.probabilities, strict=True)
        ],
        "prediction_uncertainty": suggestion.uncertainty,
    }


def _stored(
    suggestion: Suggestion, iteration: IterationValue, image: Image, project: ProjectValue
) -> StoredSuggestedTagAndRegion:
    return StoredSuggestedTagAndRegion(
        **_read(suggestion, iteration),
        width=image.width,
        height=image.height,
        resized_image_uri=image.resized_image_uri,
        thumbnail_uri=image.thumbnail_uri,
        original_image_uri=image.original_image_uri,
        domain=project.domain_id or GENERAL,
    )


def _following(token: SuggestedTagAndRegionQueryToken, found: SuggestedImages) -> list[Place]:
    """The images that follow those of the pages before, in the order that is wanted."""
    is_descending = token.sort_by is SortBy.DESCENDING
    places = sorted(((doubt, image_id) for image_id, doubt in found.images), reverse=is_descending)
    after = token.place(_read_place)
    if after is None:
        return places
    return [place for place in places if (place < after if is_descending else place > after)]


def _continuation(last: Place) -> str:
    return f"{last[0]!r}_{last[1].hex}"


def _read_place(continuation: str) -> Place:
    doubt, _, image_id = continuation.rpartition("_")
    return float(doubt), UUID(image_id)
