"""Stored predictions into the training images of their project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Prediction
from classifr.errors import ImageGone
from classifr.predictions.stored import service
from classifr.state import State
from classifr.vision.values import ImageResult, ImageStatus, NewImage

_GROUP = 16


@dataclass(frozen=True)
class ChosenPrediction:
    """A stored prediction whose image is to be learnt from."""

    prediction_id: UUID
    tag_ids: tuple[UUID, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


async def add_to_training(
    state: State,
    project_id: UUID,
    chosen: Sequence[ChosenPrediction],
    *,
    several_tags: bool = False,
) -> Sequence[ImageResult]:
    """What became of each, in their order; those that go in are stored no more.

    several_tags: as for `Images.add`. Raises: ProjectNotFound, BuiltinProject.
    """
    results: list[ImageResult] = []
    for start in range(0, len(chosen), _GROUP):
        async with state.intakes, state.database.transaction() as session:
            group = chosen[start : start + _GROUP]
            results += await _add_group(
                state, session, project_id, group, several_tags=several_tags
            )
    return results


async def _add_group(
    state: State,
    session: AsyncSession,
    project_id: UUID,
    chosen: Sequence[ChosenPrediction],
    *,
    several_tags: bool,
) -> Sequence[ImageResult]:
    rows = await service.claim_stored(session, project_id, [one.prediction_id for one in chosen])
    loaded = [await _load(state, one, rows.get(one.prediction_id)) for one in chosen]
    new = [image for image in loaded if isinstance(image, NewImage)]
    images = state.vision.workspace(session).images
    added = iter(await images.add(project_id, new, several_tags=several_tags))
    results = [next(added) if isinstance(image, NewImage) else image for image in loaded]
    done = {
        one.prediction_id
        for one, result in zip(chosen, results, strict=True)
        if result.image is not None
    }
    for prediction_id in done:
        service.forget(session, state.storage, rows[prediction_id])
    return results


async def _load(
    state: State, chosen: ChosenPrediction, row: Prediction | None
) -> NewImage | ImageResult:
    name = f"prediction-{chosen.prediction_id}"
    gone = "There is no such stored prediction any more, or its image is gone."
    if row is None or row.image_key is None:
        return ImageResult(name, ImageStatus.SOURCE, gone, None)
    try:
        data = await state.storage.get(row.image_key)
    except ImageGone:
        return ImageResult(name, ImageStatus.SOURCE, gone, None)
    return NewImage(name, data, chosen.tag_ids, chosen.metadata)
