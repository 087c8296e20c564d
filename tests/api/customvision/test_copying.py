"""The job that copies a project: lined up again, tried again, given up."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.albums import make_album
from tests.api.jobs import run_jobs

from classifr.errors import StorageUnavailable
from classifr.jobs.attempts import MOST_ATTEMPTS, Attempt
from classifr.state import State
from classifr.vision.local.projects.copying import ProjectCopier
from classifr.vision.values import ProjectValue


@pytest.fixture
async def copy(state: State) -> UUID:
    """A copy of a project with five images that waits to be filled."""
    original = await make_album(state.database, state.vision, {"pizza": 5})
    async with state.database.transaction() as session:
        return (await state.vision.workspace(session).projects.copy(original)).id


async def read(state: State, project_id: UUID) -> ProjectValue:
    async with state.database.transaction() as session:
        return await state.vision.workspace(session).projects.get(str(project_id))


async def test_copy_whose_job_is_lost_is_lined_up_again(
    app: FastAPI, state: State, copy: UUID
) -> None:
    async with state.database.transaction() as session:
        await session.execute(text("delete from procrastinate_jobs"))
    await run_jobs(app)
    done = await read(state, copy)
    assert (done.status, done.image_count) == ("Succeeded", 5)


async def test_copy_goes_on_once_the_storage_answers_again(
    state: State, copy: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    copier = ProjectCopier(state.database, state.storage)

    async def away(key: str) -> bytes:
        raise StorageUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(state.storage, "get", away)
        with pytest.raises(StorageUnavailable):
            await copier.copy(Attempt(copy, 1))
        assert (await read(state, copy)).status == "Importing"
    await copier.copy(Attempt(copy, 2))
    done = await read(state, copy)
    assert (done.status, done.image_count, done.tag_count) == ("Succeeded", 5, 1)
    # Done again, it changes nothing.
    await copier.copy(Attempt(copy, 3))
    assert await read(state, copy) == done


@pytest.mark.parametrize("number", [MOST_ATTEMPTS, MOST_ATTEMPTS + 1])
async def test_copy_fails_once_it_was_tried_too_often(
    state: State, copy: UUID, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async def away(key: str) -> bytes:
        raise StorageUnavailable

    monkeypatch.setattr(state.storage, "get", away)
    await ProjectCopier(state.database, state.storage).copy(Attempt(copy, number))
    assert (await read(state, copy)).status == "Failed"


async def test_half_of_a_copy_is_completed_with_each_image_once(
    state: State, copy: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    copier = ProjectCopier(state.database, state.storage)
    monkeypatch.setattr("classifr.vision.local.projects.copying._IMAGES_AT_ONCE", 2)
    original_get, reads = state.storage.get, []

    async def get_some(key: str) -> bytes:
        reads.append(key)
        if len(reads) > 2:
            raise StorageUnavailable
        return await original_get(key)

    with monkeypatch.context() as patched:
        patched.setattr(state.storage, "get", get_some)
        with pytest.raises(StorageUnavailable):
            await copier.copy(Attempt(copy, 1))
    assert (await read(state, copy)).image_count == 2
    await copier.copy(Attempt(copy, 2))
    done = await read(state, copy)
    assert (done.status, done.image_count, done.untagged_count) == ("Succeeded", 5, 0)
    files = [stored.key async for stored in state.storage.list(f"training/{copy}/")]
    assert len(files) == 5
