"""Where the user's script runs: on a data folder, and on a server with an API key."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.integration.cli import ADMIN_PASSWORD, Place, Server, run
from tests.integration.training.album import draw_album


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server with a worker."""
    with (
        TemporaryDirectory() as folder,
        Server(Path(folder, "data"), CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server,
    ):
        server.url()
        yield server


@pytest.fixture(scope="module")
def remote(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """That server, from elsewhere."""
    made = run(
        *("key", "create", "tests", "--scope", "train", "--scope", "predict", "--quiet"),
        data_dir=server.data_dir,
    )
    settings = {"CLASSIFR_API_URL": server.url(), "CLASSIFR_API_KEY": made.stdout.strip()}
    return Place(tmp_path_factory.mktemp("elsewhere"), settings)


@pytest.fixture(scope="module")
def local() -> Iterator[Place]:
    """A data folder without a server."""
    with TemporaryDirectory() as folder:
        yield Place(Path(folder, "data"), {"CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD})


@pytest.fixture(params=["local", "remote"])
def place(request: pytest.FixtureRequest) -> Place:
    """Either."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="package")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folders: Train and Test, a folder for each dish, images with counters."""
    root = tmp_path_factory.mktemp("album") / "images"
    draw_album(root)
    return root
