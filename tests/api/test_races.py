"""Two admins at once: each gets an answer that is true, and nothing is left half done."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from tests.api.projects import add_images, make_project, make_tag, send_images, statuses
from tests.pictures import jpeg
from tests.trained import make_iteration
from tests.zips import zipped

from classifr.database.models import ImageTag, Project, TrainingImage
from classifr.state import State
from classifr.training.images import archive
from classifr.vision.values import ImageResult

AT_ONCE = 6


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return (await make_project(admin, classification_type="Multilabel"))["id"]


async def test_one_project_and_one_tag_of_a_name(admin: httpx.AsyncClient, project: str) -> None:
    for address in ("/projects", f"/projects/{project}/tags"):
        answers = await asyncio.gather(
            *(admin.post(address, json={"name": "same"}) for _ in range(AT_ONCE))
        )
        codes = Counter(answer.status_code for answer in answers)
        assert codes == {201: 1, 409: AT_ONCE - 1}


async def test_two_renamed_alike(admin: httpx.AsyncClient, project: str) -> None:
    others = [(await make_project(admin, f"{number}"))["id"] for number in range(AT_ONCE)]
    tags = [(await make_tag(admin, project, f"{number}"))["id"] for number in range(AT_ONCE)]
    for addresses in (
        [f"/projects/{other}" for other in others],
        [f"/projects/{project}/tags/{tag}" for tag in tags],
    ):
        answers = await asyncio.gather(
            *(admin.patch(address, json={"name": "same"}) for address in addresses)
        )
        codes = Counter(answer.status_code for answer in answers)
        assert codes == {200: 1, 409: AT_ONCE - 1}


async def test_one_negative_tag(admin: httpx.AsyncClient, project: str) -> None:
    answers = await asyncio.gather(
        *(
            admin.post(f"/projects/{project}/tags", json={"name": f"{n}", "type": "Negative"})
            for n in range(AT_ONCE)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}


async def test_limits_hold(
    admin: httpx.AsyncClient, project: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("max_projects", "max_tags"):
        monkeypatch.setattr(state.settings.training, limit, 3)
    monkeypatch.setattr(state.settings.training, "max_images", 10)
    made = await asyncio.gather(
        *(admin.post("/projects", json={"name": f"{n}"}) for n in range(AT_ONCE))
    )
    assert Counter(answer.status_code for answer in made) == {201: 2, 409: AT_ONCE - 2}
    made = await asyncio.gather(
        *(admin.post(f"/projects/{project}/tags", json={"name": f"{n}"}) for n in range(AT_ONCE))
    )
    assert Counter(answer.status_code for answer in made) == {201: 3, 409: AT_ONCE - 3}
    batches = [[jpeg(seed=10 * n + k) for k in range(4)] for n in range(4)]
    sent = await asyncio.gather(*(send_images(admin, project, batch) for batch in batches))
    counted = Counter(status for answer in sent for status in statuses(answer))
    assert counted == {"OK": 10, "ErrorLimitExceed": 6}
    files = [found.key async for found in state.storage.list(f"training/{project}/")]
    assert len(files) == 10


async def test_same_images_sent_at_once_are_there_once(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    for name in ("pizza", "wine"):
        await make_tag(admin, project, name)
    images = [jpeg(seed=number) for number in range(8)]
    sent = await asyncio.gather(
        send_images(admin, project, images, "pizza"),
        send_images(admin, project, images[::-1], "wine"),
        send_images(admin, project, images),
    )
    counted = Counter(status for answer in sent for status in statuses(answer))
    assert counted == {"OK": 8, "OKDuplicate": 16}
    page = (await admin.get(f"/projects/{project}/images")).json()["items"]
    assert [[tag["name"] for tag in image["tags"]] for image in page] == [["pizza", "wine"]] * 8
    files = [found.key async for found in state.storage.list(f"training/{project}/")]
    assert len(files) == 8


async def test_tag_deleted_while_images_get_it(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    images = await add_images(admin, project, 4)
    for round_number in range(5):
        tag = await make_tag(admin, project, f"{round_number}")
        retag = {"image_ids": [image["id"] for image in images], "add": [tag["id"]]}
        batch = [jpeg(seed=100 * round_number + number) for number in range(4)]
        answers = await asyncio.gather(
            send_images(admin, project, batch, tag["id"]),
            admin.post(f"/projects/{project}/images/tags", json=retag),
            admin.delete(f"/projects/{project}/tags/{tag['id']}"),
        )
        assert answers[2].status_code == 204
        assert answers[1].status_code in (200, 404), answers[1].text
        assert answers[0].status_code in (200, 404), answers[0].text
        if answers[0].status_code == 200:
            assert set(statuses(answers[0])) <= {"OK", "OKDuplicate", "ErrorInvalidTag"}
    async with state.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ImageTag)) == 0
        is_marked = select(func.bool_and(TrainingImage.is_untagged))
        assert await session.scalar(is_marked)


async def test_images_deleted_while_they_are_sent_again(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    images = [jpeg(seed=number) for number in range(4)]
    for _ in range(5):
        await send_images(admin, project, images)
        sent, gone = await asyncio.gather(
            send_images(admin, project, images),
            admin.delete(f"/projects/{project}/images?all=true"),
        )
        assert gone.status_code == 200
        assert set(statuses(sent)) <= {"OK", "OKDuplicate"}
        page = (await admin.get(f"/projects/{project}/images")).json()["items"]
        files = {found.key async for found in state.storage.list(f"training/{project}/")}
        assert files == {f"training/{project}/{image['id']}" for image in page}


async def test_project_deleted_while_images_come(admin: httpx.AsyncClient, state: State) -> None:
    for number in range(5):
        project = (await make_project(admin, f"{number}"))["id"]
        images = [jpeg(seed=number) for number in range(8)]
        sent, gone = await asyncio.gather(
            send_images(admin, project, images), admin.delete(f"/projects/{project}")
        )
        assert gone.status_code == 204
        assert sent.status_code in (200, 404), sent.text
        files = [found.key async for found in state.storage.list(f"training/{project}/")]
        assert files == []
    async with state.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TrainingImage)) == 0


async def test_project_deleted_while_it_is_published(
    admin: httpx.AsyncClient, state: State
) -> None:
    for number in range(5):
        project = (await make_project(admin, f"{number}"))["id"]
        await make_tag(admin, project, "pizza")
        iteration = await make_iteration(state, project)
        published, gone = await asyncio.gather(
            admin.post(f"/projects/{project}/iterations/{iteration}/publish", json={}),
            admin.delete(f"/projects/{project}"),
        )
        assert (published.status_code, gone.status_code) in ((200, 409), (404, 204))
    async with state.database.transaction() as session:
        query = select(Project).where(Project.is_default, Project.deleted_at.is_not(None))
        assert (await session.scalars(query)).all() == []


async def test_two_defaults_at_once_leave_one(admin: httpx.AsyncClient, state: State) -> None:
    projects = []
    for number in range(4):
        project = (await make_project(admin, f"{number}"))["id"]
        await make_tag(admin, project, "pizza")
        iteration = await make_iteration(state, project)
        await admin.post(f"/projects/{project}/iterations/{iteration}/publish", json={})
        projects.append(project)
    answers = await asyncio.gather(
        *(
            admin.patch(f"/projects/{project}", json={"is_default": True, "name": f"n{project}"})
            for project in [*projects, *projects]
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    page = (await admin.get("/projects")).json()["items"]
    assert sum(item["is_default"] for item in page) == 1


async def test_zip_files_take_turns(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in memory of each, while it is open, is not there for all who send one."""
    open_now: list[int] = []
    peak = 0
    add = archive.add_incoming

    async def add_incoming(*args: Any) -> AsyncIterator[ImageResult]:
        nonlocal peak
        open_now.append(1)
        peak = max(peak, len(open_now))
        await asyncio.sleep(0.02)
        async for result in add(*args):
            yield result
        open_now.pop()

    monkeypatch.setattr(archive, "add_incoming", add_incoming)
    sent = [("archive", zipped({f"{seed}.jpg": jpeg(seed=seed)})) for seed in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(admin.post(f"/projects/{project}/images/archive", files=[one]) for one in sent)
    )
    assert [answer.json()["added"] for answer in answers] == [1] * AT_ONCE
    assert peak == 2
