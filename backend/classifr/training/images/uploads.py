"""Forms of training images: read once the caller is allowed, larger files waiting on the disk."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from classifr.dependencies import StateDep
from classifr.forms import Form, read_form
from classifr.settings import Settings
from classifr.training.dependencies import ProjectId

_MOST_TAGS = 500


async def read_images(request: Request, state: StateDep, _: ProjectId) -> AsyncIterator[Form]:
    """The files in the field `images`, with the tags for all of them in `tags`, and what is
    noted of them in `metadata`.

    Raises: as `read_form`.
    """
    async with read_form(
        request,
        field="images",
        at_most=state.settings.training.max_batch_images,
        spare_parts=_MOST_TAGS,
        spool_dir=_spool_dir(state.settings),
    ) as form:
        yield form


async def read_archive(request: Request, state: StateDep, _: ProjectId) -> AsyncIterator[Form]:
    """The one file in the field `archive`. Raises: as `read_form`."""
    async with read_form(
        request, field="archive", at_most=1, spool_dir=_spool_dir(state.settings)
    ) as form:
        yield form


ImageForm = Annotated[Form, Depends(read_images, scope="function")]
ArchiveForm = Annotated[Form, Depends(read_archive, scope="function")]


def _spool_dir(settings: Settings) -> Path:
    # Beside what the files become, because the system's own folder may be in memory.
    folder = settings.data_dir / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
