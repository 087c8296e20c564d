"""Files from the addresses that Custom Vision gives for a while. No key is shown there."""

import httpx

from classifr.errors import EngineTimeout, EngineUnavailable


class DownloadRefused(Exception):
    """The file is not given, or no longer."""


class DownloadTooLarge(Exception):
    """The file is larger than it may be."""


async def download(http: httpx.AsyncClient, address: str, *, most_bytes: int) -> bytes:
    """The file at the address.

    Raises: DownloadRefused, DownloadTooLarge, EngineTimeout, EngineUnavailable.
    """
    try:
        async with http.stream("GET", address) as response:
            if response.status_code != httpx.codes.OK:
                raise DownloadRefused
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > most_bytes:
                    raise DownloadTooLarge
            return bytes(data)
    except httpx.TimeoutException as error:
        raise EngineTimeout from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EngineUnavailable from error
