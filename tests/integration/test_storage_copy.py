"""`classifr storage copy`: everything arrives, whatever stops it."""

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.cli import COMMAND, environment, errors, run, wait_until
from tests.storages import blob_storage, container_name

from classifr.storage.azure_blob import BlobStorage
from classifr.storage.copying import Copying, Outcome
from classifr.storage.local import LocalStorage

AZURE = {"CLASSIFR_STORAGE": "azure"}


@pytest.fixture
def container(azurite: str) -> dict[str, str]:
    """Settings of a container of the test's own."""
    return {
        "CLASSIFR_BLOB__CONNECTION_STRING": azurite,
        "CLASSIFR_BLOB__CONTAINER": container_name(),
    }


@pytest.fixture
async def blob(azurite: str, container: dict[str, str]) -> AsyncIterator[BlobStorage]:
    """The storage in that container."""
    name = container["CLASSIFR_BLOB__CONTAINER"]
    async with blob_storage(connection_string=azurite, container=name) as storage:
        yield storage


@pytest.fixture
def folder(tmp_path: Path) -> LocalStorage:
    """The storage in the data folder."""
    return LocalStorage(tmp_path / "images")


def bytes_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest() * (1 + len(key) % 7)


async def fill(storage: LocalStorage, count: int) -> list[str]:
    keys = [f"{('training/p', 'wrong', 'iterations/i')[n % 3]}/{n}" for n in range(count)]
    for key in keys:
        await storage.put(key, bytes_of(key))
    return keys


async def keys_of(storage: LocalStorage | BlobStorage) -> set[str]:
    return {found.key async for found in storage.list("")}


def copy(to: str, data_dir: Path, *options: str, **settings: str) -> str:
    """Copy; what is said about it."""
    done = run("storage", "copy", "--to", to, *options, data_dir=data_dir, **settings)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


async def test_everything_goes_there_and_back(
    tmp_path: Path, folder: LocalStorage, blob: BlobStorage, container: dict[str, str]
) -> None:
    keys = await fill(folder, 30)
    (tmp_path / "images" / "wrong" / ".partial-left-by-a-crash").write_bytes(b"half")
    first = copy("azure", tmp_path, **container)
    assert "Copied to the Blob container http://" in first
    assert ": 30 files. There already: 0." in first
    assert await keys_of(blob) == set(keys)
    again = copy("azure", tmp_path, **container)
    assert ": 0 files. There already: 30." in again
    other = tmp_path / "other"
    copy("local", other, **container)
    there = LocalStorage(other / "images")
    assert await keys_of(there) == set(keys)
    assert [await there.get(key) for key in keys] == [bytes_of(key) for key in keys]


async def test_source_is_deleted_only_where_nobody_needs_it(
    tmp_path: Path, folder: LocalStorage, blob: BlobStorage, container: dict[str, str]
) -> None:
    keys = await fill(folder, 6)
    refused = run("storage", "copy", "--to", "azure", "--delete", data_dir=tmp_path, **container)
    assert refused.returncode == 2
    assert "still local" in errors(refused.stderr)[0]
    assert await keys_of(blob) == set()
    copy("azure", tmp_path, **container)
    said = copy("azure", tmp_path, "--delete", **container, **AZURE)
    assert "There already: 6." in said
    assert await keys_of(folder) == set()
    assert await keys_of(blob) == set(keys)


def move_and_kill(data_dir: Path, **settings: str) -> None:
    """Start moving to Azure, and kill it in the middle."""
    command = [*COMMAND, "storage", "copy", "--to", "azure", "--delete"]
    process = subprocess.Popen(command, env=environment(data_dir, **settings, **AZURE), cwd="/")
    wait_until(lambda: sum(path.is_file() for path in (data_dir / "images").rglob("*")) < 500)
    process.kill()
    process.wait()


async def test_killed_half_way_it_ends_complete(
    tmp_path: Path, folder: LocalStorage, blob: BlobStorage, container: dict[str, str]
) -> None:
    keys = await fill(folder, 600)
    await asyncio.to_thread(move_and_kill, tmp_path, **container)
    left, there = await keys_of(folder), await keys_of(blob)
    assert left
    assert there
    assert left | there == set(keys)
    await asyncio.to_thread(copy, "azure", tmp_path, "--delete", **container, **AZURE)
    assert await keys_of(folder) == set()
    assert await keys_of(blob) == set(keys)
    for key in keys:
        assert await blob.get(key) == bytes_of(key)


async def test_newer_one_stays(folder: LocalStorage, blob: BlobStorage) -> None:
    await folder.put("iterations/i/model", b"before")
    await asyncio.sleep(1.1)  # Blob tells the second.
    await blob.put("iterations/i/model", b"retrained")
    assert await outcomes(Copying(folder, blob), is_move=True) == [Outcome.NEWER]
    assert await blob.get("iterations/i/model") == b"retrained"
    assert await folder.exists("iterations/i/model")


async def test_older_one_is_replaced(folder: LocalStorage, blob: BlobStorage) -> None:
    await blob.put("iterations/i/model", b"before")
    await asyncio.sleep(1.1)
    await folder.put("iterations/i/model", b"retrained")
    assert await outcomes(Copying(folder, blob)) == [Outcome.COPIED]
    assert await blob.get("iterations/i/model") == b"retrained"


async def test_damage_on_the_way_is_seen_and_taken_away(
    folder: LocalStorage, blob: BlobStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = BlobStorage.put

    async def flip(self: BlobStorage, key: str, data: bytes, *, is_durable: bool = False) -> None:
        await original(self, key, data[:-1] + b"!", is_durable=is_durable)

    await folder.put("wrong/1", b"some bytes")
    with monkeypatch.context() as patched:
        patched.setattr(BlobStorage, "put", flip)
        assert await outcomes(Copying(folder, blob), is_move=True) == [Outcome.DAMAGED]
    assert await keys_of(blob) == set()
    assert await folder.get("wrong/1") == b"some bytes"
    assert await outcomes(Copying(folder, blob)) == [Outcome.COPIED]


async def test_one_deleted_meanwhile_does_not_matter(
    folder: LocalStorage, blob: BlobStorage
) -> None:
    await folder.put("pending/1", b"x")
    copying = Copying(folder, blob)
    ((found, there),) = await copying.plan()
    await folder.delete("pending/1")
    assert await copying.copy(found, there, is_move=True) is Outcome.GONE
    assert await keys_of(blob) == set()


async def test_same_bytes_are_not_read_from_afar(
    folder: LocalStorage, blob: BlobStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(folder, 3)
    await outcomes(Copying(folder, blob))
    monkeypatch.delattr(BlobStorage, "get")
    assert await outcomes(Copying(folder, blob)) == [Outcome.THERE] * 3
    assert await outcomes(Copying(blob, folder)) == [Outcome.THERE] * 3


def test_account_that_is_away_is_one_error(tmp_path: Path) -> None:
    done = run(
        *("storage", "copy", "--to", "azure"),
        data_dir=tmp_path,
        CLASSIFR_BLOB__ACCOUNT_URL="http://127.0.0.1:1/account",
        CLASSIFR_BLOB__ACCOUNT_KEY="AAAA",
    )
    assert done.returncode == 1
    (error,) = errors(done.stderr)
    assert "http://127.0.0.1:1/account/classifr does not answer" in error


async def outcomes(copying: Copying, *, is_move: bool = False) -> list[Outcome]:
    """What becomes of each object."""
    return [await copying.copy(*entry, is_move=is_move) for entry in await copying.plan()]
