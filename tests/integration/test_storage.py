"""The contract every storage keeps."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.storages import empty_container

from classifr.errors import ImageGone, StorageUnavailable
from classifr.storage.local import LocalStorage
from classifr.storage.port import Storage


@pytest.fixture(params=["folder", "blob"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    """An empty storage."""
    if request.param == "folder":
        local = LocalStorage(tmp_path / "images")
        yield local
        await local.close()
    else:
        async with empty_container(request.getfixturevalue("azurite")) as storage:
            yield storage


async def test_what_is_put_is_got(storage: Storage) -> None:
    await storage.put("pending/1", b"first, and longer")
    await storage.put("pending/1", b"second")
    assert await storage.get("pending/1") == b"second"
    assert await storage.exists("pending/1")


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(256)) * 4096 * 40])
async def test_any_bytes_are_got_as_they_were(storage: Storage, data: bytes) -> None:
    await storage.put("pending/1", data)
    assert await storage.get("pending/1") == data


async def test_durable_put_is_got_too(storage: Storage) -> None:
    await storage.put("wrong/1", b"x", is_durable=True)
    assert await storage.get("wrong/1") == b"x"


async def test_nothing_is_there_before_or_after(storage: Storage) -> None:
    assert not await storage.exists("pending/1")
    with pytest.raises(ImageGone):
        await storage.get("pending/1")
    await storage.put("pending/1", b"x")
    await storage.delete("pending/1")
    await storage.delete("pending/1")
    assert not await storage.exists("pending/1")


async def test_list_gives_the_keys_of_a_prefix(storage: Storage) -> None:
    for key in ("pending/1", "pending/2", "wrong/1"):
        await storage.put(key, b"x")
    found = {stored.key: stored.modified_at async for stored in storage.list("pending/")}
    assert set(found) == {"pending/1", "pending/2"}
    assert len([stored async for stored in storage.list("")]) == 3
    assert [stored.key async for stored in storage.list("pending/1")] == ["pending/1"]
    assert [stored.key async for stored in storage.list("nothing/")] == []
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=1) for at in found.values())


async def test_list_gives_sizes_and_true_hashes_if_any(storage: Storage) -> None:
    await storage.put("pending/1", b"some bytes")
    (found,) = [stored async for stored in storage.list("")]
    assert found.size == 10
    assert found.md5 in (None, hashlib.md5(b"some bytes").digest())


async def test_url_says_where_a_key_lies(storage: Storage) -> None:
    assert storage.url("pending/1").endswith("/pending/1")


@pytest.mark.parametrize("key", ["../outside", "pending/../../outside", "/etc/passwd", ""])
async def test_storage_stays_in_its_place(storage: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="leaves its"):
        await storage.put(key, b"x")


async def test_storage_may_be_closed_twice(storage: Storage) -> None:
    await storage.put("pending/1", b"x")
    await storage.close()
    await storage.close()


async def test_local_files_are_for_their_owner_only(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "images")
    await storage.put("pending/1", b"x")
    for path in (tmp_path / "images").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_local_storage_that_cannot_write_says_so(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "images")
    (tmp_path / "images" / "pending").write_text("a file where a folder should be")
    with pytest.raises(StorageUnavailable):
        await storage.put("pending/1", b"x")
