"""Wrong predictions into a project, each under its correct tag."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import WrongPrediction
from classifr.errors import CorrectTagMissing, ImageGone
from classifr.feedback import service as feedback
from classifr.state import State
from classifr.vision.values import ImageResult, ImageStatus, NewImage

_GROUP = 16

WrongById = dict[int, WrongPrediction]


async def add_wrong_predictions(
    state: State, project_id: UUID, ids: Sequence[int], *, keep: bool
) -> Sequence[ImageResult]:
    """What became of each, in the order of the ids; those that go in leave the list unless `keep`.

    Raises: CorrectTagMissing before any of them goes in; LimitReached, BuiltinProject.
    """
    ids = list(dict.fromkeys(ids))
    async with state.database.transaction() as session:
        _require_correct_tags(await _claim(session, ids))
    results: list[ImageResult] = []
    for start in range(0, len(ids), _GROUP):
        async with state.intakes, state.database.transaction() as session:
            group = ids[start : start + _GROUP]
            results += await _add_group(state, session, project_id, group, keep=keep)
    return results


async def _add_group(
    state: State, session: AsyncSession, project_id: UUID, ids: Sequence[int], *, keep: bool
) -> Sequence[ImageResult]:
    wrong = await _claim(session, ids)
    _require_correct_tags(wrong)
    workspace = state.vision.workspace(session)
    names = [row.correct_tag for row in wrong.values() if row.correct_tag is not None]
    tag_ids = await workspace.tags.ensure(project_id, names)
    loaded = [await _load(state, wrong_id, wrong.get(wrong_id), tag_ids) for wrong_id in ids]
    new = [image for image in loaded if isinstance(image, NewImage)]
    added = iter(await workspace.images.add(project_id, new))
    results = [next(added) if isinstance(image, NewImage) else image for image in loaded]
    if not keep:
        done = [
            wrong_id
            for wrong_id, result in zip(ids, results, strict=True)
            if result.image is not None
        ]
        await feedback.delete_wrong_predictions(session, state.storage, done)
    return results


async def _claim(session: AsyncSession, ids: Sequence[int]) -> WrongById:
    return {wrong.id: wrong for wrong in await feedback.claim_wrong_predictions(session, ids)}


async def _load(
    state: State, wrong_id: int, wrong: WrongPrediction | None, tag_ids: dict[str, UUID]
) -> NewImage | ImageResult:
    name = f"wrong-prediction-{wrong_id}"
    gone = "There is no such wrong prediction any more, or its image is gone."
    if wrong is None or wrong.correct_tag is None:
        return ImageResult(name, ImageStatus.SOURCE, gone, None)
    try:
        data = await state.storage.get(wrong.image_key)
    except ImageGone:
        return ImageResult(name, ImageStatus.SOURCE, gone, None)
    return NewImage(name, data, (tag_ids[wrong.correct_tag],))


def _require_correct_tags(wrong: WrongById) -> None:
    missing = [str(row.id) for row in wrong.values() if row.correct_tag is None]
    if missing:
        raise CorrectTagMissing(
            f"Say what these wrong predictions really show first: {', '.join(missing)}."
        )
