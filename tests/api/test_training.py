"""Training over the API: what is refused, what comes of it, and what can be done meanwhile."""

import httpx
from fastapi import FastAPI
from tests.albums import add_images, make_album
from tests.api.clients import assert_error
from tests.api.jobs import run_jobs

from classifr.state import State


async def test_training_makes_an_iteration(
    app: FastAPI, state: State, admin: httpx.AsyncClient
) -> None:
    project = await make_album(state.database, state.vision, {"pizza": 12, "risotto": 12})
    answer = await admin.post(f"/projects/{project}/train")
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert (started["status"], started["name"], started["progress"]) == ("queued", "Iteration 1", 0)
    await run_jobs(app)
    done = (await admin.get(f"/projects/{project}/iterations/latest")).json()
    assert done["error"] is None
    assert (done["status"], done["progress"], done["stage"]) == ("completed", 1, None)
    assert done["image_count"] == 24
    assert {tag["name"] for tag in done["tags"]} == {"pizza", "risotto"}
    print(done)
