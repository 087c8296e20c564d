"""The history of what was published, and what it says of the iteration before."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.database.models import Iteration, Publication
from classifr.vision.values import PublicationValue


async def latest_name(session: AsyncSession, project_id: UUID) -> str | None:
    """The name published last among those that answer; if none does, among all."""
    query = (
        select(Publication.name)
        .where(Publication.project_id == project_id)
        .order_by(Publication.unpublished_at.desc().nulls_first(), Publication.published_at.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def earlier_holder(
    session: AsyncSession, project_id: UUID, *, name: str, holder_id: UUID | None
) -> UUID | None:
    """The iteration to which the name goes back. holder_id: the one that has it now, if any."""
    query = (
        select(Publication.iteration_id)
        .join(Iteration, Iteration.id == Publication.iteration_id)
        .where(
            Publication.project_id == project_id,
            Publication.name == name,
            Iteration.deleted_at.is_(None),
        )
        .order_by(Publication.published_at, Publication.id)
    )
    line = line_of_holders((await session.scalars(query)).all())
    if line and line[-1] == holder_id:
        line.pop()
    return line[-1] if line else None


def line_of_holders(publications: Iterable[UUID]) -> list[UUID]:
    """What a name can be rolled back to, the present holder last.

    publications: the iterations in the order in which they got the name. Going back to the one
    before, by rolling back or by hand, takes the later one out of the line, so that going back
    again goes further.
    """
    line: list[UUID] = []
    for iteration_id in publications:
        if line[-2:-1] == [iteration_id]:
            line.pop()
        elif line[-1:] != [iteration_id]:
            line.append(iteration_id)
    return line


async def close(session: AsyncSession, iteration_id: UUID) -> None:
    """Note that the iteration no longer answers."""
    await session.execute(
        update(Publication)
        .where(Publication.iteration_id == iteration_id, Publication.unpublished_at.is_(None))
        .values(unpublished_at=func.clock_timestamp())
    )


async def list_publications(
    session: AsyncSession, project_id: UUID, *, before_id: int | None, limit: int
) -> Sequence[PublicationValue]:
    """Newest first; those before the publication `before_id`."""
    query = (
        select(Publication, Iteration.name)
        .join(Iteration, Iteration.id == Publication.iteration_id)
        .where(Publication.project_id == project_id)
        .order_by(Publication.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Publication.id < before_id)
    return [
        PublicationValue(
            id=publication.id,
            name=publication.name,
            iteration_id=publication.iteration_id,
            iteration=iteration,
            username=publication.username,
            published_at=publication.published_at,
            unpublished_at=publication.unpublished_at,
        )
        for publication, iteration in await session.execute(query)
    ]
