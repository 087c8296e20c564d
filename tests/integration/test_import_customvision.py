"""Moving in from a server that speaks Custom Vision's API; ours does, in another process."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from tests.albums import dish
from tests.integration.cli import ADMIN_PASSWORD, COMMAND, Place, Server, environment, errors, run

from classifr.database.embedded import EmbeddedPostgres

DISHES = ("cannoli", "risotto")
IMAGES = 12  #: Of each dish.
LARGE = 1200
BATCH = 60


@dataclass(frozen=True)
class Origin:
    """The server to move away from."""

    url: str
    key: str
    api: httpx.Client

    def make_project(self, name: str, images: dict[str, range], **options: object) -> str:
        """A project of ours there; its id. images: seeds by tag, `` being none."""
        project = self.post("/projects", {"name": name, **options})["id"]
        for kind, (tag, seeds) in enumerate(images.items()):
            tag_id = (
                tag
                and self.post(
                    f"/projects/{project}/tags",
                    {"name": tag, "type": "Negative" if tag == "nothing" else "Regular"},
                )["id"]
            )
            for start in range(0, len(seeds), BATCH):
                files = [
                    ("images", (f"{seed}.png", dish(kind, seed)))
                    for seed in seeds[start : start + BATCH]
                ]
                added = self.api.post(
                    f"/projects/{project}/images",
                    files=files,
                    data={"tags": [tag_id] if tag_id else []},
                )
                assert added.json()["is_batch_successful"], added.text
        return project

    def post(self, path: str, payload: dict) -> dict:
        response = self.api.post(path, json=payload)
        assert response.is_success, response.text
        return response.json()


@dataclass(frozen=True)
class Home(Place):
    """The data folder to move into."""

    origin: Origin

    def command(self, project: str, *options: str) -> list[str]:
        return ["import-customvision", "--endpoint", self.origin.url, "-p", project, *options]

    def move(self, project: str, *options: str, code: int = 0) -> dict:
        """What the command prints for programs."""
        return self.json(*self.command(project, *options), code=code)

    def project(self, name: str) -> dict:
        return self.json("project", "show", name)

    def files(self) -> set[Path]:
        """Those of all training images."""
        return set((self.data_dir / "images" / "training").rglob("*-*"))


def home_at(data_dir: Path, origin: Origin) -> Home:
    settings = {"CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD, "VISION_TRAINING_KEY": origin.key}
    return Home(data_dir, settings, origin)


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with (
        TemporaryDirectory() as folder,
        Server(
            Path(folder, "data"),
            CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD,
            CLASSIFR_JOBS__WORKERS="0",
        ) as server,
    ):
        url = server.url()
        made = run("key", "create", "--scope", "train", "--quiet", data_dir=server.data_dir)
        key = made.stdout.splitlines()[-1]
        with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as api:
            yield Origin(url, key, api)


@pytest.fixture(scope="module")
def home(origin: Origin) -> Iterator[Home]:
    """One for several tests, whose database runs on between their commands."""
    with TemporaryDirectory() as folder:
        data_dir = Path(folder, "data")
        with EmbeddedPostgres(data_dir):
            yield home_at(data_dir, origin)


@pytest.fixture
def new_home(origin: Origin) -> Iterator[Home]:
    """One that nothing was done in."""
    with TemporaryDirectory() as folder:
        yield home_at(Path(folder, "data"), origin)


def tags_of(project: dict) -> dict[str, tuple[str, int]]:
    """Type and number of images of each tag."""
    return {tag["name"]: (tag["type"], tag["image_count"]) for tag in project["tags"]}


def test_project_moves_in_whole_and_is_trained(origin: Origin, home: Home) -> None:
    images = {dish: range(IMAGES) for dish in DISHES} | {"nothing": range(6), "": range(3)}
    project = origin.make_project("Menu", images, description="What we cook.")
    moved = home.move(project, "--publish", "production")
    total = 2 * IMAGES + 6 + 3
    assert moved["images"] == {
        **{"added": total, "already": 0, "duplicates": 0, "retagged": 0},
        **{"refused": [], "missing": []},
    }
    here = home.project("Menu")
    assert tags_of(here) == {
        **dict.fromkeys(DISHES, ("Regular", IMAGES)),
        "nothing": ("Negative", 6),
    }
    assert here["description"] == "What we cook."
    assert (here["image_count"], here["untagged_count"]) == (total, 3)
    assert here["classification_type"] == "Multiclass"
    assert moved["report"]["overall"]["precision"] > 0.8
    listed = home.run("iteration", "list", "-p", "Menu", "--json")
    (iteration,) = json.loads(listed.stdout)["items"]
    assert iteration["published_name"] == "production"

    # Once more: nothing is copied twice, nothing is trained for nothing.
    again = home.move("Menu")
    assert again["images"]["added"] == 0
    assert again["images"]["already"] == total
    assert again["iteration"] == moved["iteration"]


def test_what_changed_over_there_comes_along_later(origin: Origin, home: Home) -> None:
    project = origin.make_project("Growing", {"cannoli": range(5), "": range(2)})
    home.move(project, "--no-train")
    tag = origin.post(f"/projects/{project}/tags", {"name": "risotto"})["id"]
    untagged = origin.api.get(f"/projects/{project}/images", params={"untagged": True}).json()
    ids = [image["id"] for image in untagged["items"]]
    origin.post(f"/projects/{project}/images/tags", {"image_ids": ids, "add": [tag]})
    moved = home.move(project, "--no-train")
    assert moved["images"]["retagged"] == 2
    assert moved["images"]["added"] == 0
    expected = {"cannoli": ("Regular", 5), "risotto": ("Regular", 2)}
    assert tags_of(home.project("Growing")) == expected


def test_killed_half_way_and_started_again_it_ends_complete(origin: Origin, new_home: Home) -> None:
    seeds = range(LARGE // 2)
    origin.make_project("Large", dict.fromkeys(DISHES, seeds))
    command = [*COMMAND, *new_home.command("Large", "--no-train")]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(new_home.data_dir, **new_home.settings),
        cwd="/",
    ) as process:
        deadline = time.monotonic() + 120
        while len(new_home.files()) < LARGE // 2:
            assert process.poll() is None, "it was too fast to be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    moved = new_home.move("Large", "--no-train")["images"]
    assert moved["already"] >= BATCH
    assert moved["added"] >= BATCH
    assert moved["already"] + moved["added"] == LARGE
    here = new_home.project("Large")
    assert tags_of(here) == dict.fromkeys(DISHES, ("Regular", LARGE // 2))
    assert (here["image_count"], here["untagged_count"]) == (LARGE, 0)
    exported = new_home.data_dir.parent / "exported"
    new_home.run("dataset", "export", str(exported), "-p", "Large")
    contents = Counter(file.read_bytes() for file in exported.rglob("*.png"))
    assert contents == Counter(dish(kind, seed) for kind in range(2) for seed in seeds)


@pytest.mark.parametrize(
    ("project", "settings", "says"),
    [
        ("Nowhere", {}, "no project called Nowhere"),
        ("Menu", {"VISION_TRAINING_KEY": "clf_wrong"}, "refuses the training key"),
        ("Menu", {"VISION_TRAINING_ENDPOINT": "nothing"}, "is no endpoint"),
        ("Menu", {"VISION_TRAINING_ENDPOINT": "http://127.0.0.1:9"}, "Nothing answers"),
    ],
)
def test_mistakes_are_told_in_a_line(
    home: Home, project: str, settings: dict[str, str], says: str
) -> None:
    told = {"VISION_TRAINING_ENDPOINT": home.origin.url, **home.settings, **settings}
    before = home.files()
    done = run("import-customvision", "-p", project, data_dir=home.data_dir, **told)
    assert done.returncode in (1, 2)
    (error,) = errors(done.stderr)
    assert says in error
    assert home.origin.key not in done.stderr + done.stdout
    assert home.files() == before
