"""Images behind signed addresses: as they came, or encoded anew."""

from enum import StrEnum

import anyio
from fastapi import Response

from classifr.state import State
from classifr.vision.images import media_type, render_jpeg


class Size(StrEnum):
    """How an image is shown."""

    ORIGINAL = "original"  #: The file as it came.
    RESIZED = "resized"
    THUMBNAIL = "thumbnail"


_LONGEST_SIDES = {Size.RESIZED: 1024, Size.THUMBNAIL: 256}
_HEADERS = {
    # An address stays the same for an hour.
    "Cache-Control": "private, max-age=3600",
    # Whoever was given the address may show the image on a page of their own.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


async def show(state: State, data: bytes, size: Size) -> Response:
    """The answer with an image file. Raises: ImageFormatUnsupported, ImageUnreadable."""
    if size is Size.ORIGINAL:
        return Response(data, media_type=media_type(data), headers=_HEADERS)
    jpeg = await anyio.to_thread.run_sync(
        render_jpeg, data, _LONGEST_SIDES[size], limiter=state.render_limiter
    )
    return Response(jpeg, media_type="image/jpeg", headers=_HEADERS)
