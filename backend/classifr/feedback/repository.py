"""Queries on wrong predictions."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from classifr.database.models import Iteration, Prediction, Project, WrongPrediction
from classifr.feedback.place import Place
from classifr.feedback.schemas import WrongPredictionFilter

#: With the names of the project and the iteration that answered.
WrongWithModel = tuple[WrongPrediction, str, str]


async def list_wrong_predictions(
    session: AsyncSession, chosen: WrongPredictionFilter, *, after: Place | None, limit: int
) -> Sequence[WrongWithModel]:
    """Wrong predictions newest first, those that follow `after`."""
    # Sorted column by column: an index does not serve to sort by a row of both.
    newest_first = (WrongPrediction.created_at.desc(), WrongPrediction.id.desc())
    query = _query().order_by(*newest_first).limit(limit)
    if after is not None:
        place = tuple_(WrongPrediction.created_at, WrongPrediction.id)
        query = query.where(place < tuple_(*after))
    if chosen.tag is not None:
        query = query.where(WrongPrediction.tag == chosen.tag)
    if chosen.correct_tag is not None:
        query = query.where(WrongPrediction.correct_tag == chosen.correct_tag)
    if chosen.username is not None:
        query = query.where(WrongPrediction.username == chosen.username)
    if chosen.created_from is not None:
        query = query.where(WrongPrediction.created_at >= chosen.created_from)
    if chosen.created_to is not None:
        query = query.where(WrongPrediction.created_at < chosen.created_to)
    return [(wrong, project, name) for wrong, project, name in await session.execute(query)]


async def get_wrong_prediction(
    session: AsyncSession, wrong_prediction_id: int, *, is_locked: bool = False
) -> WrongWithModel | None:
    """One wrong prediction with the names of its model; locked to be changed."""
    query = _query().where(WrongPrediction.id == wrong_prediction_id)
    if is_locked:
        query = query.with_for_update(of=WrongPrediction)
    found = (await session.execute(query)).one_or_none()
    return (found[0], found[1], found[2]) if found else None


async def named_image_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Which of these keys a wrong prediction names."""
    query = select(WrongPrediction.image_key).where(WrongPrediction.image_key.in_(keys))
    return set(await session.scalars(query))


async def lock_wrong_predictions(
    session: AsyncSession, ids: Sequence[int]
) -> Sequence[WrongPrediction]:
    """Those of the ids that exist, locked until the transaction ends."""
    query = (
        select(WrongPrediction)
        .where(WrongPrediction.id.in_(ids))
        .order_by(WrongPrediction.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


def _query() -> Select[WrongPrediction, str, str]:
    return (
        select(
            WrongPrediction,
            # As they are called now, if they are ours.
            func.coalesce(Project.name, Prediction.project),
            func.coalesce(Iteration.name, Prediction.iteration),
        )
        .join(WrongPrediction.prediction)
        .outerjoin(Iteration, Iteration.id == Prediction.iteration_id)
        .outerjoin(Project, Project.id == Prediction.project_id)
        .options(contains_eager(WrongPrediction.prediction))
    )
