"""Models of Custom Vision to take away, where their domain is one that gives them."""

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import httpx

from classifr.errors import EngineFailed, EngineTimeout, EngineUnavailable, NotSupported
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.client.downloads import DownloadRefused, DownloadTooLarge, download
from classifr.vision.azure.client.wire import AzureIteration

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

_PLATFORM = "ONNX"
_POLL_SECONDS = 1.0
_MOST_BYTES = 1024**3


class Exports:
    """Asks for an export, waits for it, and fetches it. No key is shown where it lies."""

    def __init__(self, training: TrainingConnection, *, timeout: float) -> None:
        """timeout: in seconds, of the whole wait and of each step of the download."""
        self._training = training
        self._timeout = timeout

    async def download(self, iteration: AzureIteration) -> bytes:
        """The zip file. Raises: NotSupported if the domain is not a compact one."""
        if _PLATFORM not in iteration.exportable_to:
            raise NotSupported(
                "Custom Vision exports models of its compact domains alone. Train one in such "
                "a domain, or classify through this Classifr."
            )
        deadline = time.monotonic() + self._timeout
        if (address := await self._address(iteration)) is None:
            await self._training.change(
                partial(_ask, iteration), find=lambda: self._is_asked(iteration)
            )
        while address is None:
            if time.monotonic() > deadline:
                raise EngineTimeout("Custom Vision still makes the file. Ask for it in a minute.")
            await asyncio.sleep(_POLL_SECONDS)
            address = await self._address(iteration)
        return await self._fetch(address)

    async def _address(self, iteration: AzureIteration) -> str | None:
        """Where the file lies; None if it is not there yet. Raises: EngineFailed."""
        status, address = await self._training.read(partial(_look, iteration))
        if status == "Failed":
            raise EngineFailed("Custom Vision could not export this model.")
        return address if status == "Done" else None

    async def _is_asked(self, iteration: AzureIteration) -> bool | None:
        status, _ = await self._training.read(partial(_look, iteration))
        return True if status else None

    async def _fetch(self, address: str) -> bytes:
        async with httpx.AsyncClient(timeout=self._timeout) as http:
            try:
                return await download(http, address, most_bytes=_MOST_BYTES)
            except DownloadRefused as error:
                raise EngineUnavailable from error
            except DownloadTooLarge as error:
                raise EngineFailed("The file that Custom Vision made is too large.") from error


def _look(
    iteration: AzureIteration, sdk: "CustomVisionTrainingClient"
) -> tuple[str | None, str | None]:
    """The status of the export, and its address."""
    for export in sdk.get_exports(str(iteration.project_id), str(iteration.id)):
        if export.platform == _PLATFORM and not export.flavor:
            return str(export.status), export.download_uri or None
    return None, None


def _ask(iteration: AzureIteration, sdk: "CustomVisionTrainingClient") -> bool:
    ids = (str(iteration.project_id), str(iteration.id))
    return bool(sdk.export_iteration(*ids, _PLATFORM).status)
