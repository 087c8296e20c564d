"""Which iteration another is to be compared with."""

from collections.abc import Sequence

from classifr.errors import NotPublished, NotSupported
from classifr.vision.port import Iterations
from classifr.vision.values import IterationValue

_PUBLICATIONS = 200


async def find_reference(
    iterations: Iterations, iteration: IterationValue, named: str | None
) -> IterationValue:
    """The one that is named; else the published one, or what was published before this one.

    Raises: IterationNotFound, NotPublished.
    """
    if named is not None:
        return await iterations.get(iteration.project_id, named)
    others = [
        other for other in await iterations.list(iteration.project_id) if other.id != iteration.id
    ]
    published = [other for other in others if other.published_name is not None]
    if iteration.published_name is None and published:
        return max(published, key=lambda other: other.published_at or other.created_at)
    before = await _published_before(iterations, iteration, others)
    if before is None:
        raise NotPublished("Nothing else was published. Name an iteration in `with`.")
    return before


async def _published_before(
    iterations: Iterations, iteration: IterationValue, others: Sequence[IterationValue]
) -> IterationValue | None:
    """The last other one that was published, under the same name if this one has one."""
    there = {other.id: other for other in others}
    try:
        publications = await iterations.publications(iteration.project_id, limit=_PUBLICATIONS)
    except NotSupported:
        return None
    for publication in publications:
        if iteration.published_name in (None, publication.name) and (
            publication.iteration_id in there
        ):
            return there[publication.iteration_id]
    return None
