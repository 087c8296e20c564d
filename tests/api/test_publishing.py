"""Publish, unpublish and roll back: which iteration answers under which name."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select, text
from tests.trained import make_iteration, make_project

from classifr.database.models import Iteration, Project
from classifr.errors import (
    BuiltinProject,
    ClassifrError,
    IterationNotFound,
    IterationNotPublished,
    IterationNotTrained,
    IterationPublished,
    NothingToRollBack,
    ProjectNotFound,
    PublishedNameTaken,
)
from classifr.kinds import IterationStatus
from classifr.state import State
from classifr.vision.local.publishing import publications
from classifr.vision.local.publishing import service as publishing
from classifr.vision.port import BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID


@pytest.fixture
async def project_id(state: State) -> UUID:
    return await make_project(state)


async def publish(state: State, project_id: UUID, iteration_id: UUID, **options: object) -> None:
    given = {"name": "default", "username": "admin", **options}
    async with state.database.transaction() as session:
        await publishing.publish(session, project_id, iteration_id, **given)


async def unpublish(state: State, project_id: UUID, iteration_id: UUID) -> None:
    async with state.database.transaction() as session:
        await publishing.unpublish(session, project_id, iteration_id)


async def roll_back(state: State, project_id: UUID, name: str | None = None) -> UUID:
    async with state.database.transaction() as session:
        iteration = await publishing.roll_back(session, project_id, name=name, username="admin")
    return iteration.id


async def holders(state: State, project_id: UUID) -> dict[str, UUID]:
    """Who answers under which name."""
    query = select(Iteration.published_name, Iteration.id).where(
        Iteration.project_id == project_id, Iteration.published_name.is_not(None)
    )
    async with state.database.transaction() as session:
        return dict((await session.execute(query)).all())


async def default_project(state: State) -> UUID | None:
    async with state.database.transaction() as session:
        return await session.scalar(select(Project.id).where(Project.is_default))


async def history(state: State, project_id: UUID) -> list[tuple[UUID, str, bool]]:
    async with state.database.transaction() as session:
        rows = await publications.list_publications(session, project_id, before_id=None, limit=50)
    return [(row.iteration_id, row.name, row.unpublished_at is None) for row in reversed(rows)]


async def test_published_iteration_has_its_name_and_the_project_answers(
    state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    assert await holders(state, project_id) == {"default": iteration}
    assert await default_project(state) == project_id
    assert await history(state, project_id) == [(iteration, "default", True)]


async def test_default_stays_where_another_project_has_it(state: State, project_id: UUID) -> None:
    other = await make_project(state, "Cars")
    await publish(state, project_id, await make_iteration(state, project_id))
    await publish(state, other, await make_iteration(state, other))
    assert await default_project(state) == project_id
    await publish(state, other, await make_iteration(state, other), replace=True, make_default=True)
    assert await default_project(state) == other
    async with state.database.transaction() as session:
        await publishing.set_default(session, project_id)
    assert await default_project(state) == project_id


async def test_default_is_not_taken_if_so_asked(state: State, project_id: UUID) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration, make_default=False)
    assert await default_project(state) == BUILTIN_PROJECT_ID


async def test_project_without_anything_published_cannot_answer(
    state: State, project_id: UUID
) -> None:
    with pytest.raises(IterationNotPublished):
        async with state.database.transaction() as session:
            await publishing.set_default(session, project_id)


async def test_name_in_use_is_refused_unless_it_is_to_be_replaced(
    state: State, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    with pytest.raises(PublishedNameTaken, match=r"Iteration 1 is published as “default”"):
        await publish(state, project_id, second)
    assert await holders(state, project_id) == {"default": first}
    await publish(state, project_id, second, replace=True)
    assert await holders(state, project_id) == {"default": second}
    assert await history(state, project_id) == [
        (first, "default", False),
        (second, "default", True),
    ]


async def test_what_is_published_keeps_its_name(state: State, project_id: UUID) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    for name in ("default", "other"):
        with pytest.raises(IterationPublished):
            await publish(state, project_id, iteration, name=name, replace=True)


@pytest.mark.parametrize(
    "status",
    [status for status in IterationStatus if status is not IterationStatus.COMPLETED],
)
async def test_only_trained_iterations_are_published(
    state: State, project_id: UUID, status: IterationStatus
) -> None:
    iteration = await make_iteration(state, project_id, status=status)
    with pytest.raises(IterationNotTrained):
        await publish(state, project_id, iteration)


async def test_what_does_not_exist_is_not_published(state: State, project_id: UUID) -> None:
    iteration = await make_iteration(state, project_id)
    with pytest.raises(IterationNotFound):
        await publish(state, project_id, IMAGENET_ITERATION_ID)
    with pytest.raises(ProjectNotFound):
        await publish(state, UUID(int=7), iteration)
    with pytest.raises(BuiltinProject):
        await unpublish(state, BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID)


async def test_unpublishing_the_last_gives_the_default_back_to_imagenet(
    state: State, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await publish(state, project_id, second, name="next")
    await unpublish(state, project_id, first)
    assert await default_project(state) == project_id
    await unpublish(state, project_id, second)
    assert await default_project(state) == BUILTIN_PROJECT_ID
    assert await holders(state, project_id) == {}
    with pytest.raises(IterationNotPublished):
        await unpublish(state, project_id, second)


async def test_rolling_back_twice_goes_back_twice(state: State, project_id: UUID) -> None:
    first, second, third = [await make_iteration(state, project_id) for _ in range(3)]
    for iteration in (first, second, third):
        await publish(state, project_id, iteration, replace=True)
    assert await roll_back(state, project_id) == second
    assert await roll_back(state, project_id, "default") == first
    assert await holders(state, project_id) == {"default": first}
    with pytest.raises(NothingToRollBack):
        await roll_back(state, project_id)
    assert await holders(state, project_id) == {"default": first}


async def test_rolling_back_an_unpublished_name_restores_it(state: State, project_id: UUID) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    await unpublish(state, project_id, iteration)
    assert await roll_back(state, project_id) == iteration
    assert await default_project(state) == project_id


async def test_rolling_back_passes_over_what_was_deleted(state: State, project_id: UUID) -> None:
    first, second, third = [await make_iteration(state, project_id) for _ in range(3)]
    for iteration in (first, second, third):
        await publish(state, project_id, iteration, replace=True)
    async with state.database.transaction() as session:
        await session.execute(
            text("update iterations set deleted_at = now() where id = :id"), {"id": second}
        )
    assert await roll_back(state, project_id) == first


async def test_rolling_back_takes_the_name_published_last(state: State, project_id: UUID) -> None:
    one, two, three = [await make_iteration(state, project_id) for _ in range(3)]
    await publish(state, project_id, one, name="a")
    await publish(state, project_id, two, name="b")
    await publish(state, project_id, three, name="a", replace=True)
    assert await roll_back(state, project_id) == one
    with pytest.raises(NothingToRollBack, match="“b”"):
        await roll_back(state, project_id, "b")


async def test_iteration_with_another_name_is_not_taken_from_it(
    state: State, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await publish(state, project_id, second, replace=True)
    await publish(state, project_id, first, name="old")
    with pytest.raises(IterationPublished, match="“old”"):
        await roll_back(state, project_id, "default")
    assert await holders(state, project_id) == {"default": second, "old": first}


async def test_nothing_to_roll_back_where_nothing_was_published(
    state: State, project_id: UUID
) -> None:
    with pytest.raises(NothingToRollBack):
        await roll_back(state, project_id)


async def test_two_admins_who_publish_at_once_agree_on_one(state: State, project_id: UUID) -> None:
    iterations = [await make_iteration(state, project_id) for _ in range(6)]
    outcomes = await asyncio.gather(
        *(publish(state, project_id, iteration) for iteration in iterations),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NoneType",
        *["PublishedNameTaken"] * 5,
    ]
    assert len(await holders(state, project_id)) == 1
    outcomes = await asyncio.gather(
        *(publish(state, project_id, iteration, replace=True) for iteration in iterations),
        return_exceptions=True,
    )
    (holder,) = (await holders(state, project_id)).values()
    entries = await history(state, project_id)
    assert [entry for entry in entries if entry[2]] == [(holder, "default", True)]
    assert entries[-1][0] == holder
    assert all(outcome is None or isinstance(outcome, ClassifrError) for outcome in outcomes)


async def test_projects_published_at_once_leave_one_default(state: State) -> None:
    projects = [await make_project(state, f"Project {number}") for number in range(5)]
    iterations = [await make_iteration(state, project) for project in projects]
    await asyncio.gather(
        *(
            publish(state, project, iteration, make_default=True)
            for project, iteration in zip(projects, iterations, strict=True)
        )
    )
    assert await default_project(state) in projects
    await asyncio.gather(
        *(
            unpublish(state, project, iteration)
            for project, iteration in zip(projects, iterations, strict=True)
        )
    )
    assert await default_project(state) == BUILTIN_PROJECT_ID
