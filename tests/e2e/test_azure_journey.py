"""The journey once more: the engine is Custom Vision, the images lie in Blob Storage.

Our own server plays the one, in another process, and Azurite the other.
"""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect
from tests.e2e.conftest import Answering, Server, running_server, sign_in
from tests.e2e.test_journey import (  # noqa: F401 - the same tests, with the server below.
    expect_shown,
    photo_bytes,
    test_full_journey_from_sign_in_to_sign_out,
    test_ok_thanks_and_keeps_no_photo,
    test_photo_can_be_dropped_and_pasted,
    test_two_people_work_at_once,
    test_wrong_file_is_refused_with_a_reason,
)
from tests.engine_server import EngineServer, running_engine_server

PROJECT = "Plats"


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineServer]:
    """What stands for Azure."""
    with running_engine_server() as server:
        yield server


@pytest.fixture(scope="module")
def server(engine: EngineServer, azurite: str) -> Iterator[Server]:
    """A server on both, with a published iteration."""
    blob = {"CLASSIFR_STORAGE": "azure", "CLASSIFR_BLOB__CONNECTION_STRING": azurite}
    with running_server(**engine.environment(PROJECT), **blob) as server:
        project, iteration = server.trained_project(PROJECT)
        path = f"/projects/{project}/iterations/{iteration}/publish"
        server.admin.post(path, json={"name": "default"}).raise_for_status()
        yield server


@pytest.fixture(scope="module")
def answering() -> Answering:
    """The project that was trained there."""
    return Answering(PROJECT, 3)


async def test_page_leaves_out_what_custom_vision_lacks(server: Server, page: Page) -> None:
    """Nothing on these screens asks for it either: the console would tell."""
    project, iteration = server.trained_project(PROJECT)
    await page.goto("/")
    await sign_in(page)

    await page.goto(f"/#/projects/{project}/settings")
    await expect(page.get_by_role("heading", name="Supprimer le projet")).to_be_visible()
    await expect(page.get_by_role("heading", name="Publications")).to_have_count(0)

    await page.goto(f"/#/projects/{project}/iterations/{iteration}")
    await expect(page.get_by_role("button", name="Plus")).to_be_visible()
    await expect(page.get_by_role("heading", name="Confusions")).to_be_visible()
    await expect(page.get_by_role("button", name="Revenir en arrière")).to_have_count(0)

    await page.goto("/#/projects")
    await expect(page.get_by_role("link", name=PROJECT)).to_be_visible()
    await expect(page.get_by_text("ImageNet")).to_have_count(0)

    await page.goto(f"/#/projects/{project}")
    await expect_shown(page.locator("main img").first)
