"""Images in a container of Azure Blob Storage."""

import base64
import binascii
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob.aio import BlobClient, ContainerClient, LinearRetry

from classifr.errors import ImageGone, SettingsInvalid, StorageUnavailable
from classifr.settings import BlobSettings
from classifr.storage.port import StoredObject

_CONNECT_SECONDS = 5
_SILENCE_SECONDS = 20
_TRIES_AGAIN = 2
_WAITS_SECONDS = 2
_JITTER_SECONDS = 1  # More or less, so that processes do not come back together.
_BLOB_IS_MISSING = ("BlobNotFound", "ResourceNotFound")
_REFUSED = (
    "The Blob account refuses the credentials. Check CLASSIFR_BLOB__*, the account's firewall, "
    "and this machine's clock."
)
_NOBODY = (
    "Azure's default credential found nobody to sign in as. Give this machine a managed identity, "
    "run `az login`, or set CLASSIFR_BLOB__ACCOUNT_KEY."
)


class BlobFailure(Exception):
    """What went wrong, in our words: the SDK's may hold signatures."""


class BlobStorage:
    """Each key is a block blob of one container."""

    def __init__(
        self, container: ContainerClient, credential: AsyncTokenCredential | None = None
    ) -> None:
        """credential: what `container` signs in with, to be closed with it."""
        self._container = container
        self._credential = credential

    async def open(self) -> None:
        """Make the container if it is not there.

        Raises: SettingsInvalid if the account refuses the credentials; StorageUnavailable.
        """
        try:
            if not await self._container.exists():
                with suppress(ResourceExistsError):  # Made since by another process.
                    await self._container.create_container()
        except AzureError as error:
            if not _is_refusal(error):
                raise StorageUnavailable from self._failure(error)
            if not _has_answer(error):
                raise SettingsInvalid(_NOBODY) from None
            # A signature may hold for the blobs, and not for the container itself.
            if not await self._may_read():
                raise SettingsInvalid(_REFUSED) from None

    async def close(self) -> None:
        await self._container.close()
        if self._credential is not None:
            await self._credential.close()

    async def put(self, key: str, data: bytes, *, is_durable: bool = False) -> None:
        with self._translated():
            await self._blob(key).upload_blob(data, overwrite=True)

    async def get(self, key: str) -> bytes:
        with self._translated():
            return await (await self._blob(key).download_blob()).readall()

    async def exists(self, key: str) -> bool:
        try:
            with self._translated():
                await self._blob(key).get_blob_properties()
        except ImageGone:
            return False
        return True

    async def delete(self, key: str) -> None:
        with suppress(ImageGone), self._translated():
            await self._blob(key).delete_blob(delete_snapshots="include")

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        with self._translated():
            async for blob in self._container.list_blobs(name_starts_with=prefix):
                md5 = blob.content_settings.content_md5
                yield StoredObject(
                    blob.name, blob.last_modified, blob.size, bytes(md5) if md5 else None
                )

    def url(self, key: str) -> str:
        return _without_signature(self._blob(key).url)

    @property
    def place(self) -> str:
        """The container's address."""
        return _without_signature(self._container.url)

    def _blob(self, key: str) -> BlobClient:
        # An address with such parts would be made shorter, and name something else.
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"storage key leaves its container: {key!r}")
        return self._container.get_blob_client(key)

    async def _may_read(self) -> bool:
        try:
            await self._blob("none").get_blob_properties()
        except ResourceNotFoundError:
            return True
        except AzureError as error:
            if not _is_refusal(error):
                raise StorageUnavailable from self._failure(error)
            return False
        return True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of the SDK, as those of a storage."""
        try:
            yield
        except ResourceNotFoundError as error:
            if _code(error) in _BLOB_IS_MISSING:
                raise ImageGone from None
            # The container is missing, or somebody else answered, such as a proxy.
            raise StorageUnavailable from self._failure(error)
        except AzureError as error:
            raise StorageUnavailable from self._failure(error)

    def _failure(self, error: AzureError) -> BlobFailure:
        where, what = self.place, _code(error)
        if _is_refusal(error):
            return BlobFailure(f"{where} refuses this ({what})")
        if not isinstance(error, HttpResponseError) or not _has_answer(error):
            return BlobFailure(f"{where} does not answer ({what})")
        return BlobFailure(f"{where} answers {error.status_code} ({what})")


def open_container(settings: BlobSettings) -> BlobStorage:
    """The storage that the settings describe; asks the network nothing yet.

    Raises: SettingsInvalid.
    """
    _check_combination(settings)
    if settings.connection_string is not None:
        return BlobStorage(_by_connection_string(settings))
    if settings.account_key is not None:
        return BlobStorage(_by_key(settings, settings.account_key.get_secret_value()))
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415  (a tenth of a second)

    credential = DefaultAzureCredential()
    return BlobStorage(_client(settings, credential), credential)


def _check_combination(settings: BlobSettings) -> None:
    if settings.connection_string is not None:
        if settings.account_url is not None or settings.account_key is not None:
            raise SettingsInvalid(
                "CLASSIFR_BLOB__CONNECTION_STRING names the account and its key already. "
                "Set it alone, or CLASSIFR_BLOB__ACCOUNT_URL with CLASSIFR_BLOB__ACCOUNT_KEY."
            )
        return
    if settings.account_url is None:
        raise SettingsInvalid(
            "Azure Blob needs an account. Set CLASSIFR_BLOB__CONNECTION_STRING, or "
            "CLASSIFR_BLOB__ACCOUNT_URL with or without CLASSIFR_BLOB__ACCOUNT_KEY."
        )
    url = urlsplit(settings.account_url)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.username:
        raise SettingsInvalid(
            "CLASSIFR_BLOB__ACCOUNT_URL is no address such as "
            "https://name.blob.core.windows.net. "
            "A shared access signature belongs into CLASSIFR_BLOB__CONNECTION_STRING."
        )
    if settings.account_key is None and url.scheme != "https":
        raise SettingsInvalid(
            "CLASSIFR_BLOB__ACCOUNT_URL has to begin with https:// when there is no "
            "CLASSIFR_BLOB__ACCOUNT_KEY. Azure's tokens must not travel in the clear."
        )


def _by_connection_string(settings: BlobSettings) -> ContainerClient:
    assert settings.connection_string is not None
    text = settings.connection_string.get_secret_value()
    try:
        parts = dict(part.split("=", 1) for part in text.strip().strip(";").split(";"))
        if key := parts.get("AccountKey"):
            _check_key(key)
        return ContainerClient.from_connection_string(text, settings.container, **_client_options())
    except (ValueError, KeyError):
        raise SettingsInvalid(
            "CLASSIFR_BLOB__CONNECTION_STRING is none of a storage account. "
            'Copy it from "Access keys" of the account, whole.'
        ) from None


def _by_key(settings: BlobSettings, key: str) -> ContainerClient:
    try:
        _check_key(key)
    except ValueError:
        raise SettingsInvalid(
            "CLASSIFR_BLOB__ACCOUNT_KEY is no key of a storage account. "
            'Copy it from "Access keys" of the account, whole.'
        ) from None
    return _client(settings, {"account_name": _account_name(settings), "account_key": key})


def _client(
    settings: BlobSettings, credential: AsyncTokenCredential | dict[str, str]
) -> ContainerClient:
    assert settings.account_url is not None
    return ContainerClient(
        settings.account_url.rstrip("/"), settings.container, credential, **_client_options()
    )


def _client_options() -> dict[str, Any]:
    return {
        "connection_timeout": _CONNECT_SECONDS,
        "read_timeout": _SILENCE_SECONDS,
        # Of one client alone: it becomes a link of its chain.
        "retry_policy": LinearRetry(
            backoff=_WAITS_SECONDS, retry_total=_TRIES_AGAIN, random_jitter_range=_JITTER_SECONDS
        ),
    }


def _account_name(settings: BlobSettings) -> str:
    """Before the first point of Azure's own addresses; an emulator has it in the path."""
    assert settings.account_url is not None
    url = urlsplit(settings.account_url)
    in_path = url.path.strip("/")
    return in_path or (url.hostname or "").partition(".")[0]


def _check_key(key: str) -> None:
    """Raises: ValueError if it is not base64."""
    try:
        base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _is_refusal(error: AzureError) -> bool:
    """Whether the account does not know who asks, or does not let them."""
    return isinstance(error, ClientAuthenticationError) or (
        isinstance(error, HttpResponseError) and error.status_code in (401, 403)
    )


def _has_answer(error: AzureError) -> bool:
    """Whether the account said so; else it is what this machine noticed."""
    return isinstance(error, HttpResponseError) and error.response is not None


def _code(error: AzureError) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or type(error).__name__)


def _without_signature(url: str) -> str:
    return url.partition("?")[0]
