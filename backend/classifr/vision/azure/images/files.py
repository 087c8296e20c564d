"""The files of training images, from the addresses that Custom Vision gives for a while."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from classifr.errors import ImageGone
from classifr.vision.azure.client.downloads import DownloadRefused, DownloadTooLarge, download

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.training import models

# They are good for a day.
_KEPT_SECONDS = 3600.0
_MOST = 20_000
#: Larger than any file that Custom Vision takes.
_MOST_BYTES = 16 * 1024**2


class ImageFiles:
    """Remembers where images lie, and reads them. No key is shown there: the address is enough."""

    def __init__(self, *, timeout: float) -> None:
        """timeout: in seconds, of each wait."""
        self._timeout = timeout
        self._addresses: OrderedDict[UUID, tuple[float, str]] = OrderedDict()
        self._http: httpx.AsyncClient | None = None

    def remember(self, images: "Sequence[models.Image]") -> None:
        """Where these lie now."""
        for image in images:
            if image.original_image_uri:
                self._addresses[UUID(image.id)] = (time.monotonic(), image.original_image_uri)
        while len(self._addresses) > _MOST:
            self._addresses.popitem(last=False)

    def address(self, image_id: UUID) -> str | None:
        """Where it lies, if that was told lately."""
        told = self._addresses.get(image_id)
        if told is None or time.monotonic() - told[0] > _KEPT_SECONDS:
            return None
        return told[1]

    async def read(self, image_id: UUID) -> bytes:
        """The file. Raises: ImageGone, EngineTimeout, EngineUnavailable."""
        address = self.address(image_id)
        if address is None:
            raise ImageGone
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._timeout, follow_redirects=False)
        try:
            return await download(self._http, address, most_bytes=_MOST_BYTES)
        except DownloadRefused as error:
            self._addresses.pop(image_id, None)
            raise ImageGone from error
        except DownloadTooLarge as error:
            raise ImageGone("The image that Custom Vision keeps is too large.") from error

    async def close(self) -> None:
        """End its connections."""
        if self._http is not None:
            await self._http.aclose()
