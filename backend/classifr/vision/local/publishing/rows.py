"""What the database says is published, read by every process each time it changes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from classifr.database.listening import Listener
from classifr.database.models import IterationTag
from classifr.vision.local.iterations.outputs import to_output
from classifr.vision.values import IterationTagValue

_PUBLISHED = """
    from projects p
    left join iterations i
        on i.project_id = p.id and i.published_name is not null and i.deleted_at is null
    where p.deleted_at is null
"""
# Every update of an iteration's row gives it another xmin.
_FINGERPRINT = f"""
    select md5(string_agg(
        concat_ws('|', p.id, p.name, p.is_default, i.id, i.xmin), ',' order by p.id, i.id
    )) {_PUBLISHED}
"""
_ROWS = f"""
    select p.id as project_id, p.name as project, p.is_default, i.id as iteration_id,
        i.name as iteration, i.published_name, i.published_at, i.tags {_PUBLISHED}
"""


@dataclass(frozen=True)
class PublishedRow:
    """A published iteration."""

    project_id: UUID
    project: str
    iteration_id: UUID
    iteration: str
    published_name: str
    published_at: datetime
    tags: tuple[IterationTagValue, ...]  #: In the order of the model's.


@dataclass(frozen=True)
class PublishedRows:
    """Every project, and every iteration that is published."""

    projects: dict[str, UUID]  #: By name.
    default_project_id: UUID | None
    iterations: list[PublishedRow]


async def read_fingerprint(listener: Listener) -> str | None:
    """Another one whenever `read_published` would give something else. Cheap."""
    return cast(str | None, await listener.value(_FINGERPRINT))


async def read_published(listener: Listener) -> PublishedRows:
    """All of it."""
    rows = await listener.rows(_ROWS)
    defaults = [cast(UUID, row["project_id"]) for row in rows if row["is_default"]]
    return PublishedRows(
        projects={cast(str, row["project"]): cast(UUID, row["project_id"]) for row in rows},
        default_project_id=defaults[0] if defaults else None,
        iterations=[_published_row(dict(row)) for row in rows if row["iteration_id"]],
    )


def _published_row(row: dict[str, object]) -> PublishedRow:
    del row["is_default"]
    tags: list[IterationTag] = json.loads(cast(str, row.pop("tags")))
    return PublishedRow(tags=tuple(map(to_output, tags)), **row)  # type: ignore[arg-type]
