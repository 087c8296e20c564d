"""Images at addresses that clients name: ours are read here, others are fetched."""

from uuid import UUID

from classifr.customvision.addresses import FileAddresses
from classifr.customvision.images.files import show_image
from classifr.customvision.images.shown import IMAGE_FILES
from classifr.customvision.predictions.files import PREDICTION_FILES, show_prediction
from classifr.customvision.renditions import Size
from classifr.errors import (
    ImageAddressUnreachable,
    ImageFormatUnsupported,
    ImageGone,
    ImageTooLarge,
    ImageUnreadable,
    TrainingImageNotFound,
)
from classifr.state import State


async def fetch_image(state: State, addresses: FileAddresses, url: str, *, max_bytes: int) -> bytes:
    """What lies at an address.

    An address that we signed needs no network: programs that copy a project name those of its
    images, and the server's own host is mostly a private one, which is never asked.
    Raises: as `ImageFetcher.fetch`.
    """
    parts = addresses.signed_parts(url)
    if parts is None:
        return await state.fetcher.fetch(url, max_bytes=max_bytes)
    try:
        data = await _read(state, *parts)
    except (
        ValueError,
        TrainingImageNotFound,
        ImageGone,
        ImageFormatUnsupported,
        ImageUnreadable,
    ) as error:
        raise ImageAddressUnreachable("There is no image at this address any more.") from error
    if len(data) > max_bytes:
        raise ImageTooLarge(
            f"The image at this address is larger than {max_bytes:,} bytes, the most accepted."
        )
    return data


async def _read(state: State, kind: str, *parts: str) -> bytes:
    """The file behind our own address. Raises: ValueError if that is no image's."""
    if kind == IMAGE_FILES:
        project_id, image_id, size = parts
        shown = await show_image(state, UUID(project_id), UUID(image_id), Size(size))
    elif kind == PREDICTION_FILES:
        prediction_id, size = parts
        shown = await show_prediction(state, UUID(prediction_id), Size(size))
    else:
        raise ValueError(kind)
    return bytes(shown.body)
