"""Data folders to start the server in."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.embedded_postgres.processes import (
    IS_ROOT,
    ORDINARY_USER,
    Holder,
    server_processes,
)

from classifr.database.embedded import EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that other accounts can pass through; nothing may be alive in it afterwards."""
    made = Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    left = [process for path in made.rglob("postgres") for process in server_processes(path.parent)]
    for process in left:
        process.kill()
    shutil.rmtree(made)
    assert not left


@pytest.fixture(scope="package")
def template() -> Iterator[Path]:
    """A database that was started and stopped once, to copy rather than make again."""
    made = Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))
    with EmbeddedPostgres(made):
        pass
    yield made / "postgres/data"
    shutil.rmtree(made)


@pytest.fixture
def fill(template: Path) -> Callable[[Path], Path]:
    """Make a data folder with a database in it that does not run."""

    def copy(data_dir: Path) -> Path:
        shutil.copytree(template, data_dir / "postgres/data")
        return data_dir

    return copy


@pytest.fixture
def data_dir(folder: Path, fill: Callable[[Path], Path]) -> Path:
    return fill(folder / "data")


@pytest.fixture
def new_data_dir(folder: Path) -> Path:
    return folder / "new"


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data_dir) as started:
        yield started


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def make(data_dir: Path = data_dir, uid: int | None = None) -> Holder:
        holders.append(Holder(data_dir, uid))
        return holders[-1]

    yield make
    for holder in holders:
        if holder.process.poll() is None:
            holder.do("stop")
        holder.kill()


@pytest.fixture
def ordinary_uid(folder: Path) -> int | None:
    """The account a holder turns into so as not to be root, None if nobody is; it owns `folder`."""
    if not IS_ROOT:
        return None
    uid = pwd.getpwnam(ORDINARY_USER).pw_uid
    os.chown(folder, uid, uid)
    return uid
