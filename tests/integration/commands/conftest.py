"""A server on a data folder of its own, which the commands work on as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli import ADMIN_PASSWORD, Server
from tests.pictures import encoded, jpeg, picture


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the running server."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="package")
def url(data_dir: Path) -> Iterator[str]:
    """The address of a running server."""
    with Server(data_dir, CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server:
        yield server.url()


@pytest.fixture(scope="package")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images, one of them broken."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "deep").mkdir()
    (folder / "b.jpg").write_bytes(jpeg(200, 100, seed=1))
    (folder / "a.png").write_bytes(encoded(picture(seed=2), "PNG"))
    (folder / "deep" / "c.JPG").write_bytes(jpeg(seed=3))
    (folder / "broken.jpg").write_bytes(jpeg()[:400])
    (folder / "notes.txt").write_text("not an image")
    return folder
