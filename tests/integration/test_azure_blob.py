"""What goes wrong with Azure Blob, and what is said about it."""

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from tests.azurite import parts, running_azurite
from tests.conftest import TEST_SECRET
from tests.integration.cli import errors, run
from tests.storages import blob_storage, container_name, empty_container

from classifr.errors import ImageGone, SettingsInvalid, StorageUnavailable
from classifr.settings import BlobSettings
from classifr.storage.azure_blob import BlobStorage, open_container

OTHER_KEY = base64.b64encode(secrets.token_bytes(64)).decode()


@pytest.fixture
async def blob(azurite: str) -> AsyncIterator[BlobStorage]:
    """An empty container."""
    async with empty_container(azurite) as storage:
        yield storage


def signed(azurite: str, container: str, permission: str) -> str:
    """A connection string whose signature allows no more than this in one container."""
    account = parts(azurite)
    signature = generate_container_sas(
        account["AccountName"],
        container,
        account["AccountKey"],
        permission=ContainerSasPermissions.from_string(permission),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    return f"BlobEndpoint={account['BlobEndpoint']};SharedAccessSignature={signature}"


async def test_container_is_made_once_and_kept(azurite: str) -> None:
    container = container_name()
    for number in range(3):
        async with blob_storage(connection_string=azurite, container=container) as storage:
            await storage.put(f"pending/{number}", b"x")
    async with blob_storage(connection_string=azurite, container=container) as storage:
        assert len([found async for found in storage.list("")]) == 3


async def test_account_and_key_do_as_well_as_a_connection_string(azurite: str) -> None:
    account = parts(azurite)
    async with blob_storage(
        account_url=account["BlobEndpoint"] + "/",
        account_key=account["AccountKey"],
        container=container_name(),
    ) as storage:
        await storage.put("pending/1", b"x")
        assert await storage.get("pending/1") == b"x"


async def test_host_by_name_is_an_account_too(azurite: str) -> None:
    account = parts(azurite)
    async with blob_storage(
        account_url=account["BlobEndpoint"].replace("127.0.0.1", "localhost"),
        account_key=account["AccountKey"],
        container=container_name(),
    ) as storage:
        await storage.put("pending/1", b"x")
        assert await storage.exists("pending/1")


@pytest.mark.parametrize("has_key", [True, False])
async def test_wrong_credentials_stop_the_start(azurite: str, has_key: bool) -> None:
    account = parts(azurite)
    settings = (
        {"account_url": account["BlobEndpoint"], "account_key": OTHER_KEY}
        if has_key
        else {"connection_string": azurite.replace(account["AccountKey"], OTHER_KEY)}
    )
    with pytest.raises(SettingsInvalid, match="refuses the credentials") as caught:
        async with blob_storage(**settings, container=container_name()):
            pass
    assert OTHER_KEY not in said_by(caught.value)


async def test_signature_for_reading_does_not_write(azurite: str, blob: BlobStorage) -> None:
    await blob.put("pending/1", b"x")
    container = blob.place.rpartition("/")[2]
    connection_string = signed(azurite, container, "rl")
    async with blob_storage(connection_string=connection_string, container=container) as reader:
        assert await reader.get("pending/1") == b"x"
        assert not await reader.exists("pending/2")
        with pytest.raises(StorageUnavailable) as caught:
            await reader.put("pending/1", b"y")
        assert "refuses this" in said_by(caught.value)
        with pytest.raises(StorageUnavailable):
            await reader.delete("pending/1")
        assert "sig=" not in said_by(caught.value) + reader.url("pending/1")
        assert await reader.get("pending/1") == b"x"


async def test_container_that_may_not_be_made_is_missed(azurite: str) -> None:
    container = container_name()
    connection_string = signed(azurite, container, "rwdl")
    async with blob_storage(connection_string=connection_string, container=container) as storage:
        with pytest.raises(StorageUnavailable) as caught:
            await storage.put("pending/1", b"x")
        assert "ContainerNotFound" in said_by(caught.value)
        # It is not the image that is gone.
        with pytest.raises(StorageUnavailable):
            await storage.get("pending/1")
        with pytest.raises(StorageUnavailable):
            await storage.exists("pending/1")


async def test_account_that_does_not_answer_is_unavailable() -> None:
    key = base64.b64encode(b"never shown to anybody").decode()
    url = "http://127.0.0.1:1/account"
    with pytest.raises(StorageUnavailable) as caught:
        async with blob_storage(account_url=url, account_key=key):
            pass
    assert f"{url}/classifr does not answer" in said_by(caught.value)
    assert key not in said_by(caught.value)


async def test_account_that_goes_away_is_unavailable() -> None:
    with running_azurite() as connection_string:
        storage = open_container(BlobSettings(connection_string=connection_string))
        await storage.open()
        await storage.put("pending/1", b"x")
    for attempt in (
        storage.put("pending/1", b"x"),
        anext(storage.list("")),
    ):
        with pytest.raises(StorageUnavailable):
            await attempt
    await storage.close()


async def test_answer_of_somebody_else_is_no_missing_image() -> None:
    async def not_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(not_here, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/account"
    storage = open_container(BlobSettings(account_url=url, account_key=OTHER_KEY))
    async with server:
        for attempt in (storage.open(), storage.get("pending/1"), storage.exists("pending/1")):
            with pytest.raises(StorageUnavailable) as caught:
                await attempt
            assert "answers 404" in said_by(caught.value)
    await storage.close()


async def test_connection_that_ends_is_made_again(azurite: str, blob: BlobStorage) -> None:
    await blob.put("pending/1", b"x")
    # As after a pause, when the other side has closed what was kept open.
    for connection in connections_to(blob):
        connection.close()
    await blob.put("pending/1", b"y")
    assert await blob.get("pending/1") == b"y"


async def test_image_deleted_by_another_process_is_gone(azurite: str, blob: BlobStorage) -> None:
    container = blob.place.rpartition("/")[2]
    await blob.put("pending/1", b"x")
    async with blob_storage(connection_string=azurite, container=container) as other:
        await other.delete("pending/1")
    with pytest.raises(ImageGone):
        await blob.get("pending/1")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "needs an account"),
        ({"ACCOUNT_KEY": OTHER_KEY}, "needs an account"),
        ({"CONNECTION_STRING": "nonsense"}, "is none of a storage account"),
        ({"CONNECTION_STRING": f"AccountName=a;AccountKey={OTHER_KEY[:-3]}"}, "is none of"),
        ({"CONNECTION_STRING": "x", "ACCOUNT_URL": "https://a.blob.core.windows.net"}, "already"),
        ({"CONNECTION_STRING": "x", "ACCOUNT_KEY": OTHER_KEY}, "already"),
        ({"ACCOUNT_URL": "a.blob.core.windows.net"}, "is no address such as"),
        ({"ACCOUNT_URL": "https://a.blob.core.windows.net?sig=abc"}, "is no address such as"),
        ({"ACCOUNT_URL": "http://a.blob.core.windows.net"}, "has to begin with https://"),
        (
            {"ACCOUNT_URL": "https://a.blob.core.windows.net", "ACCOUNT_KEY": "no base64!"},
            "is no key of a storage account",
        ),
        ({"CONTAINER": "Not_A_Name"}, "CLASSIFR_BLOB__CONTAINER is not valid"),
    ],
)
def test_wrong_combination_is_said_in_a_sentence(
    settings: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    done = run(
        *("storage", "copy", "--to", "azure"),
        data_dir=tmp_path,
        **{f"CLASSIFR_BLOB__{name}": value for name, value in settings.items()},
    )
    assert done.returncode == 2, done.stderr
    (error,) = errors(done.stderr)
    assert sentence in error
    assert all(value not in done.stderr for value in settings.values() if len(value) > 20)


def test_server_with_a_wrong_key_says_so_and_ends(
    azurite: str, postgres_url: str, tmp_path: Path
) -> None:
    account = parts(azurite)
    done = run(
        *("serve", "--port", "0"),
        data_dir=tmp_path,
        CLASSIFR_DATABASE_URL=postgres_url,
        CLASSIFR_ACCOUNTS__TOKEN_SECRET=TEST_SECRET,
        CLASSIFR_STORAGE="azure",
        CLASSIFR_BLOB__ACCOUNT_URL=account["BlobEndpoint"],
        CLASSIFR_BLOB__ACCOUNT_KEY=OTHER_KEY,
    )
    assert done.returncode == 1, done.stderr
    assert "refuses the credentials" in errors(done.stderr)[0]
    assert OTHER_KEY not in done.stderr


def test_doctor_tries_the_container(azurite: str, tmp_path: Path) -> None:
    settings = {"CLASSIFR_STORAGE": "azure", "CLASSIFR_BLOB__CONNECTION_STRING": azurite}
    container = container_name()
    settings["CLASSIFR_BLOB__CONTAINER"] = container
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        found = run("doctor", "--port", port, data_dir=tmp_path, **settings)
        away = settings | {"CLASSIFR_BLOB__CONNECTION_STRING": elsewhere(azurite)}
        missed = run("doctor", "--port", port, data_dir=tmp_path, **away)
    (line,) = [line for line in found.stdout.splitlines() if " images: " in line]
    assert line.startswith("ok")
    assert container in line
    (line,) = [line for line in missed.stdout.splitlines() if " images: " in line]
    assert line.startswith("fail")
    assert "does not answer" in line
    assert parts(azurite)["AccountKey"] not in found.stdout + missed.stdout + missed.stderr


def elsewhere(azurite: str) -> str:
    """The same account where nobody listens."""
    endpoint = parts(azurite)["BlobEndpoint"]
    return azurite.replace(endpoint, "http://127.0.0.1:1/account")


def said_by(error: BaseException) -> str:
    """All that an error and its causes say."""
    seen = []
    current: BaseException | None = error
    while current is not None:
        seen.append(f"{current!r} {current}")
        current = current.__cause__
    return " ".join(seen)


def connections_to(storage: BlobStorage) -> list[object]:
    """The transports that the storage keeps open."""
    session = storage._container._client._client._pipeline._transport.session
    kept = [held for pool in session.connector._conns.values() for held in pool]
    return [handler.transport for handler, _ in kept]
