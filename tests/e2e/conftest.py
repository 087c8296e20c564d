"""A real server in its own process, and a real browser that uses it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from tests.pictures import dish, encoded, picture

ADMIN_PASSWORD = "a password for tests"
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Server:
    """A running Classifr."""

    url: str
    data_dir: Path
    admin: httpx.Client
    """Signed in as the admin."""

    def create_user(self, username: str) -> str:
        """Add an account; its password."""
        answer = self.admin.post("/admin/users", json={"username": username})
        return str(answer.raise_for_status().json()["password"])

    def make_wrong(self, *, correct_tag: str | None = None, seed: int = 0) -> int:
        """Have the admin answer NOK to a photo; the wrong prediction's id."""
        files = {"image": ("photo.jpg", encoded(picture(640, 480, seed=seed)))}
        prediction = self.admin.post("/predict?top=5", files=files).raise_for_status().json()
        verdict = {"prediction_id": prediction["id"], "verdict": "nok", "correct_tag": correct_tag}
        judged = self.admin.post("/feedback", json=verdict).raise_for_status().json()
        return int(judged["wrong_prediction_id"])

    def delete_all_wrong(self) -> None:
        """Empty the review."""
        while items := self.admin.get("/admin/wrong-predictions").json()["items"]:
            self.admin.delete(
                "/admin/wrong-predictions", params={"id": [item["id"] for item in items]}
            )

    def trained_project(self, name: str = "Plats") -> tuple[str, str]:
        """The ids of a project with two iterations, nothing published; made once a server."""
        projects = self.admin.get("/projects").raise_for_status().json()["items"]
        known = next((each["id"] for each in projects if each["name"] == name), None)
        project = known or self._train(name)
        latest = self.admin.get(f"/projects/{project}/iterations/latest").raise_for_status().json()
        return project, str(latest["id"])

    def _train(self, name: str) -> str:
        project = str(self.admin.post("/projects", json={"name": name}).json()["id"])
        for tags in (("cannoli", "risotto"), ("pizza",)):
            for tag in tags:
                self.admin.post(f"/projects/{project}/tags", json={"name": tag})
                files = [("images", (f"{seed}.jpg", dish(tag, seed))) for seed in range(12)]
                answer = self.admin.post(
                    f"/projects/{project}/images", files=files, data={"tags": [tag]}
                )
                assert answer.json()["is_batch_successful"], answer.text
            self.admin.post(f"/projects/{project}/train", json={}).raise_for_status()
            self._wait_until_trained(project)
        return project

    def _wait_until_trained(self, project: str) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            newest = self.admin.get(f"/projects/{project}/iterations").json()["items"][0]
            if newest["status"] == "completed":
                return
            assert newest["status"] in {"queued", "training"}, newest
            time.sleep(0.3)
        raise TimeoutError("the training did not end within 90 seconds")


@dataclass(frozen=True)
class Answering:
    """Who answers on the home page."""

    project: str
    tag_count: int


@pytest.fixture(scope="session")
def answering() -> Answering:
    """What a fresh installation has."""
    return Answering("ImageNet", 1000)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for every test that leaves the admin's account alone."""
    with running_server() as server:
        yield server


@contextmanager
def running_server(**settings: str) -> Iterator[Server]:
    """`classifr serve`, as a person starts it, on a data folder of its own.

    settings: more of the environment.
    """
    with TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ,
            "CLASSIFR_DATA_DIR": folder,
            "CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "CLASSIFR_ACCOUNTS__ATTEMPTS_PER_ACCOUNT": "1000",
            "CLASSIFR_ACCOUNTS__ATTEMPTS_PER_ADDRESS": "1000",
            **settings,
        }
        command = [sys.executable, "-m", "classifr", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            with httpx.Client(base_url=url, timeout=30) as admin:
                form = {"username": "admin", "password": ADMIN_PASSWORD}
                token = admin.post("/auth/token", data=form).json()["access_token"]
                admin.headers["Authorization"] = f"Bearer {token}"
                yield Server(url, Path(folder), admin)
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended at its start"
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the server was not ready after 60 seconds")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium: the one make found, else Playwright's own."""
    path = os.environ.get("TEST_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser, server: Server) -> AsyncIterator[BrowserContext]:
    """A browser profile of one person, without cookies or storage."""
    context = await browser.new_context(base_url=server.url, locale="fr-FR")
    context.set_default_timeout(15_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A tab. The test fails if anything went wrong in its console."""
    page = await context.new_page()
    problems = watch_console(page)
    yield page
    assert problems == []


def watch_console(page: Page) -> list[str]:
    """Collects the errors of a tab; those of refused requests are the API's and expected."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if message.type == "error" and not re.search("status of (4|503)", message.text)
            else None
        ),
    )
    return problems


async def sign_in(page: Page, username: str = "admin", password: str = ADMIN_PASSWORD) -> None:
    """Fill in the login form of a French page and wait for the greeting."""
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Connexion").click()
    await page.get_by_role("heading", name=f"Bonjour {username}").wait_for()


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo file to choose."""
    path = tmp_path_factory.mktemp("photos") / "photo.jpg"
    path.write_bytes(encoded(picture(640, 480, seed=42), quality=90))
    return path
