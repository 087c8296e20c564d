"""The models a process holds follow what the database says is published."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.trained import make_classifier, make_iteration, make_project

from classifr.errors import DatabaseUnavailable, NotPublished, NotReady, ProjectNotFound
from classifr.state import State
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.iterations.files import model_key
from classifr.vision.local.publishing import published as published_module
from classifr.vision.local.publishing import service as publishing
from classifr.vision.local.publishing.published import PublishedModels
from classifr.vision.port import IMAGENET_ITERATION_ID
from classifr.vision.values import Target

DISHES = Target("Dishes")


class SlowStorage:
    """Gives what is stored once it is allowed to."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.entered = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def get(self, key: str) -> bytes:
        self.entered.set()
        await self.may_answer.wait()
        return await self._storage.get(key)


@pytest.fixture
async def project_id(state: State) -> UUID:
    return await make_project(state)


@pytest.fixture
async def models(state: State) -> AsyncIterator[PublishedModels]:
    """A registry that follows the database."""
    models = PublishedModels(
        state.database, state.storage, Backbones(state.settings.data_dir / "models")
    )
    watch = asyncio.create_task(models.watch())
    await models.refresh()
    yield models
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)


async def publish(state: State, project_id: UUID, iteration_id: UUID, **options: object) -> None:
    given = {"name": "default", "username": "admin", "replace": True, **options}
    async with state.database.transaction() as session:
        await publishing.publish(session, project_id, iteration_id, **given)


async def answers_with(models: PublishedModels, target: Target, iteration_id: UUID) -> None:
    """Wait until the iteration answers, a second at most."""
    async with asyncio.timeout(1):
        while (await models.find(target)).iteration_id != iteration_id:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_fresh_install_answers_with_imagenet(models: PublishedModels) -> None:
    for target in (Target(), Target("ImageNet"), Target("ImageNet", "default")):
        model = await models.find(target)
        assert model.iteration_id == IMAGENET_ITERATION_ID
        assert model.classifier is None
        assert "pizza" in model.outputs.names


async def test_imagenet_keeps_its_tags_when_others_come(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    await answers_with(models, Target(), iteration)
    assert len((await models.find(Target("ImageNet"))).outputs.names) == 1000


async def test_published_model_is_found_by_every_name(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    await answers_with(models, Target(), iteration)
    for target in (
        Target("Dishes"),
        Target(str(project_id)),
        Target(str(project_id).upper(), "default"),
        Target(None, "default"),
    ):
        model = await models.find(target)
        assert (model.iteration_id, model.project) == (iteration, "Dishes")
        assert model.outputs.names == ("cannoli", "risotto")
    assert (await models.find(Target("ImageNet"))).iteration_id == IMAGENET_ITERATION_ID


async def test_unknown_name_is_looked_for_at_once(
    state: State, models: PublishedModels, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word from the database, and long before the next look."""
    monkeypatch.setattr(published_module, "_LOOK_EVERY_SECONDS", 60)
    await models.refresh()
    monkeypatch.setattr(publishing, "CHANNEL", "nobody_listens")
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration, name="new")
    assert (await models.find(Target("Dishes", "new"))).iteration_id == iteration


async def test_lost_message_costs_a_second(
    state: State, models: PublishedModels, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await answers_with(models, DISHES, first)
    monkeypatch.setattr(publishing, "CHANNEL", "nobody_listens")
    await publish(state, project_id, second)
    async with asyncio.timeout(1.5):
        while (await models.find(DISHES)).iteration_id != second:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_unknown_names_are_said_to_be_unknown(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    with pytest.raises(ProjectNotFound):
        await models.find(Target("Nothing"))
    with pytest.raises(ProjectNotFound):
        await models.find(Target(str(UUID(int=9))))
    with pytest.raises(NotPublished):
        await models.find(DISHES)
    await publish(state, project_id, await make_iteration(state, project_id))
    with pytest.raises(NotPublished):
        await models.find(Target("Dishes", "other"))


async def test_flood_of_unknown_names_is_no_flood_of_queries(
    models: PublishedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    read_fingerprint = published_module.read_fingerprint

    async def counted(listener: published_module.Listener) -> str | None:
        nonlocal looks
        looks += 1
        return await read_fingerprint(listener)

    monkeypatch.setattr(published_module, "read_fingerprint", counted)
    started = asyncio.get_running_loop().time()
    for wave in range(5):
        names = [f"{wave}.{number}" for number in range(200)]
        found = await asyncio.gather(
            *(models.find(Target(name)) for name in names), return_exceptions=True
        )
        assert all(isinstance(outcome, ProjectNotFound) for outcome in found)
    while asyncio.get_running_loop().time() - started < 1:
        with pytest.raises(ProjectNotFound):
            await models.find(Target("one after the other"))
    elapsed = asyncio.get_running_loop().time() - started
    assert looks <= elapsed / 0.05 + 2


async def test_renamed_tags_and_projects_show_without_loading_again(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    await answers_with(models, DISHES, iteration)
    before = await models.find(DISHES)
    await state.storage.delete(model_key(iteration))
    async with state.database.transaction() as session:
        await session.execute(text("update projects set name = 'Food' where name = 'Dishes'"))
        await session.execute(
            text(
                "update iterations set tags = jsonb_set(tags, '{0,name}', '\"cannolo\"') "
                "where id = :id"
            ),
            {"id": iteration},
        )
        await publishing.announce(session)
    after = await models.find(Target("Food"))
    assert after.outputs.names == ("cannolo", "risotto")
    assert after.classifier is before.classifier
    with pytest.raises(ProjectNotFound):
        await models.find(DISHES)


async def test_model_that_cannot_be_loaded_leaves_the_one_before(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    good, damaged, missing = [await make_iteration(state, project_id) for _ in range(3)]
    await publish(state, project_id, good)
    await answers_with(models, DISHES, good)
    await state.storage.put(model_key(damaged), b"not a model")
    await state.storage.delete(model_key(missing))
    for bad in (damaged, missing):
        await publish(state, project_id, bad)
        await models.refresh()
        for target in (Target(), DISHES, Target("Dishes", "default")):
            assert (await models.find(target)).iteration_id == good
    again = await make_iteration(state, project_id)
    await publish(state, project_id, again)
    await answers_with(models, Target(), again)


async def test_old_model_answers_until_the_new_one_is_loaded(
    state: State, models: PublishedModels, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await answers_with(models, DISHES, first)
    slow = SlowStorage(state.storage)
    monkeypatch.setattr(models, "_storage", slow)
    await publish(state, project_id, second)
    await slow.entered.wait()
    finding = models.find(DISHES)
    with pytest.raises(StopIteration) as answer:
        finding.send(None)  # Without waiting for anything.
    assert answer.value.value.iteration_id == first
    slow.may_answer.set()
    await answers_with(models, DISHES, second)


async def test_model_with_another_number_of_tags_is_refused(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    wrong = await make_iteration(state, project_id, classifier=make_classifier("abc"))
    await publish(state, project_id, wrong, name="wrong", make_default=False)
    with pytest.raises(NotReady):
        await models.find(Target("Dishes", "wrong"))


async def test_model_whose_file_comes_back_answers_again(
    state: State, models: PublishedModels, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_module, "_RETRY_SECONDS", 0.1)
    iteration = await make_iteration(state, project_id)
    model = await state.storage.get(model_key(iteration))
    await state.storage.delete(model_key(iteration))
    await publish(state, project_id, iteration, make_default=False)
    with pytest.raises(NotReady):
        await models.find(DISHES)
    await state.storage.put(model_key(iteration), model)
    async with asyncio.timeout(3):
        while True:
            try:
                assert (await models.find(DISHES)).iteration_id == iteration
                break
            except NotReady:
                await asyncio.sleep(0.05)


async def test_replaced_model_is_let_go(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await answers_with(models, DISHES, first)
    held = await models.find(DISHES)
    gone = weakref.ref(held.classifier)
    await publish(state, project_id, second)
    await answers_with(models, DISHES, second)
    gc.collect()
    assert gone() is held.classifier  # A request still uses it.
    del held
    gc.collect()
    assert gone() is None


async def test_lost_connection_is_made_again(
    state: State, models: PublishedModels, project_id: UUID
) -> None:
    first, second = [await make_iteration(state, project_id) for _ in range(2)]
    await publish(state, project_id, first)
    await answers_with(models, DISHES, first)
    async with state.database.transaction() as session:
        ended = await session.scalars(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'classifr_published'"
            )
        )
        assert any(ended)
    await publish(state, project_id, second)
    async with asyncio.timeout(2):
        while (await models.find(DISHES)).iteration_id != second:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_without_the_database_what_is_known_answers(
    state: State, models: PublishedModels, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    iteration = await make_iteration(state, project_id)
    await publish(state, project_id, iteration)
    await answers_with(models, DISHES, iteration)

    async def gone(*_: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(published_module, "read_fingerprint", gone)
    await asyncio.sleep(1.2)
    assert (await models.find(DISHES)).iteration_id == iteration
    with pytest.raises(DatabaseUnavailable):
        await models.find(Target("Nothing"))
