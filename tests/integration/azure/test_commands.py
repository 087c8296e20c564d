"""The command line, a worker and a server on Custom Vision, which our own server plays."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from tests.albums import dish
from tests.engine_server import EngineServer
from tests.integration.cli import ADMIN_PASSWORD, COMMAND, Place, Server, environment, run

DISHES = ("cannoli", "risotto")
IMAGES = 20  #: Of each dish.

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def place(engine: EngineServer) -> Iterator[Place]:
    """A data folder whose engine is Custom Vision."""
    with TemporaryDirectory() as folder:
        settings = {"CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD, **engine.environment("menu")}
        yield Place(Path(folder, "data"), settings)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train and Test, a folder for each dish."""
    root = tmp_path_factory.mktemp("album") / "images"
    for kind, name in enumerate(DISHES):
        for part, start, count in (("Train", 0, IMAGES), ("Test", 500, 5)):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                (root / part / name / f"{number:02}.png").write_bytes(dish(kind, start + number))
    return root


@pytest.fixture(scope="module")
def menu(place: Place, album: Path) -> dict:
    """What `classifr train` printed when it made the project that answers by default."""
    return place.json("train", album, "--project", "menu", "--publish", "production")


def test_commands_work_on_it(place: Place, album: Path, menu: dict) -> None:
    assert menu["uploaded"]["added"] == 2 * IMAGES
    assert menu["is_published"]
    assert menu["report"]["overall"]["precision"] > 0.8

    again = place.json("train", album, "--project", "menu", "--publish", "production")
    assert again["iteration"]["id"] == menu["iteration"]["id"]
    assert place.json("project", "show", "menu")["image_count"] == 2 * IMAGES

    (iteration,) = place.json("iteration", "list", "--project", "menu")["items"]
    assert iteration["published_name"] == "production"
    evaluated = place.json("eval", album / "Test", "--project", "menu")
    assert evaluated["overall"]["precision"] > 0.8
    predicted = place.run("predict", album / "Test" / "risotto" / "00.png")
    assert "risotto" in predicted.stdout.split()
    checks = {check["name"]: check for check in place.json("doctor")["checks"]}
    assert checks["Custom Vision"]["status"] == "ok"
    assert "menu" in checks["Custom Vision"]["detail"]


def test_worker_is_idle(place: Place) -> None:
    worker = subprocess.Popen(
        [*COMMAND, "worker"],
        env=environment(place.data_dir, **place.settings, CLASSIFR_LOG_LEVEL="INFO"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    assert worker.stderr is not None
    assert any("worker_idle" in line for line in iter(worker.stderr.readline, ""))
    worker.terminate()
    worker.communicate(timeout=30)
    assert worker.returncode == 0


def test_server_runs_on_it_without_a_worker(place: Place, menu: dict) -> None:
    with Server(place.data_dir, **place.settings) as server:
        url = server.url()
        with httpx.Client(base_url=url, timeout=30) as http:
            form = {"username": "admin", "password": ADMIN_PASSWORD}
            token = http.post("/auth/token", data=form).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            said = http.post("/predict", files={"image": ("a.png", dish(1, 905))}).json()
            assert said["predictions"][0]["tag"] == "risotto"
            assert http.get("/health/ready").status_code == 200
            # What speaks Custom Vision here is Azure's own.
            assert http.get("/customvision/v3.3/training/domains").status_code in (404, 501, 503)
    assert "worker" not in "".join(server.stderr)


def test_wrong_settings_are_told_in_a_line(place: Place, engine: EngineServer) -> None:
    settings = {name: value for name, value in place.settings.items() if "TRAINING_KEY" not in name}
    done = run("project", "list", data_dir=place.data_dir, **settings)
    assert done.returncode == 2
    assert "CLASSIFR_AZURE__TRAINING_KEY is not set" in done.stderr
    wrong = {**place.settings, "CLASSIFR_AZURE__TRAINING_KEY": "0" * 32}
    done = run("project", "list", data_dir=place.data_dir, **wrong)
    assert done.returncode == 1
    assert "Check CLASSIFR_AZURE__TRAINING_KEY" in done.stderr
    checks = json.loads(run("doctor", "--json", data_dir=place.data_dir, **wrong).stdout)["checks"]
    (failed,) = [check for check in checks if check["name"] == "Custom Vision"]
    assert failed["status"] == "fail"
    assert engine.key not in json.dumps(checks)
