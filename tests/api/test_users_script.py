"""The user's own script, step by step: two tags, then two more in the same project."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.api.jobs import run_jobs
from tests.api.projects import make_project, make_tag, send_images, statuses
from tests.pictures import dish

#: The user's photos, 960 of each tag to train with; made ones take their place elsewhere.
PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "italian64"
TAGS = ("cannoli", "risotto", "pizza", "tiramisu")
BATCH = 60


def photos(folder: str, tag: str) -> list[bytes]:
    """The photos of a tag, in the order of their counters."""
    if PHOTOS.is_dir():
        return [path.read_bytes() for path in sorted((PHOTOS / folder / tag).iterdir())]
    return [dish(tag, seed) for seed in (range(70) if folder == "Train" else range(500, 503))]


def batches(tag: str) -> Iterator[list[bytes]]:
    """The photos to train with, sixty at a time."""
    all_photos = photos("Train", tag)
    for start in range(0, len(all_photos), BATCH):
        yield all_photos[start : start + BATCH]


async def upload(admin: httpx.AsyncClient, project: str, tags: tuple[str, ...]) -> None:
    for tag in tags:
        created = await make_tag(admin, project, tag)
        for batch in batches(tag):
            sent = await send_images(admin, project, batch, created["id"])
            assert set(statuses(sent)) <= {"OK", "OKDuplicate"}


async def train(app: FastAPI, admin: httpx.AsyncClient, project: str) -> dict:
    started = await admin.post(f"/projects/{project}/train", json={})
    assert started.status_code == 202, started.text
    await run_jobs(app)
    path = f"/projects/{project}/iterations/{started.json()['id']}"
    iteration = (await admin.get(path)).json()
    assert iteration["status"] == "completed", iteration["error"]
    return iteration


async def assert_metrics(
    admin: httpx.AsyncClient, project: str, iteration: dict, tags: tuple[str, ...]
) -> None:
    for threshold in (0.5, 0.85):
        path = f"/projects/{project}/iterations/{iteration['id']}/report"
        report = (await admin.get(path, params={"threshold": threshold})).json()
        assert report["threshold"] == threshold
        assert {tag["name"] for tag in report["per_tag"]} == set(tags)
        for metric in ("precision", "recall", "average_precision"):
            assert 0.5 < report["overall"][metric] <= 1


async def publish(admin: httpx.AsyncClient, project: str, iteration: dict, name: str) -> None:
    path = f"/projects/{project}/iterations/{iteration['id']}/publish"
    published = await admin.post(path, json={"name": name})
    assert published.status_code == 200, published.text


async def share_right(user: httpx.AsyncClient, tags: tuple[str, ...], **target: str) -> float:
    """Classify the test photos one by one; every tag has its probability."""
    right = []
    for tag in tags:
        for photo in photos("Test", tag):
            answer = await user.post("/predict", files={"image": photo}, params=target)
            assert answer.status_code == 200, answer.text
            predictions = answer.json()["predictions"]
            assert {likely["tag"] for likely in predictions} == set(tags)
            assert sum(likely["probability"] for likely in predictions) == pytest.approx(1)
            right.append(predictions[0]["tag"] == tag)
    return sum(right) / len(right)


async def test_users_script(
    app: FastAPI, admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    first_tags = TAGS[:2]
    project = (await make_project(admin, "Italian food", description="The user's own"))["id"]
    await upload(admin, project, first_tags)
    first = await train(app, admin, project)
    await assert_metrics(admin, project, first, first_tags)
    await publish(admin, project, first, "food-v1")
    assert await share_right(lucia, first_tags, project="Italian food") > 0.75

    await upload(admin, project, TAGS[2:])
    second = await train(app, admin, project)
    await assert_metrics(admin, project, second, TAGS)
    await publish(admin, project, second, "food-v2")
    iterations = (await admin.get(f"/projects/{project}/iterations")).json()["items"]
    (previous,) = [each for each in iterations if each["published_name"] == "food-v1"]
    path = f"/projects/{project}/iterations/{previous['id']}/unpublish"
    assert (await admin.post(path)).status_code == 200
    assert await share_right(lucia, TAGS, project="Italian food") > 0.6
    gone = await lucia.post(
        "/predict",
        files={"image": photos("Test", "pizza")[0]},
        params={"project": "Italian food", "published_name": "food-v1"},
    )
    assert gone.status_code == 404
    assert gone.json()["error"] == "not_published"
