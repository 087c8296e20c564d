"""Where an image comes from: a file, a folder, an address or stdin."""

import asyncio
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from classifr.cli.failures import AskedWrongly, CommandError
from classifr.errors import ImageTooLarge

STDIN = "-"
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp"})
FETCH_SECONDS = 60.0  #: For one address, from the first byte to the last.
CONNECT_SECONDS = 10.0


def image_names(sources: Sequence[str]) -> Iterator[str]:
    """Every image meant by the arguments: folders become their images, sorted, at any depth.

    Raises: CommandError for a folder without images, or stdin named twice.
    """
    if sources.count(STDIN) > 1:
        raise AskedWrongly("Stdin can be read once.", hint="Name - a single time.")
    for source in sources:
        if source != STDIN and not is_address(source) and Path(source).is_dir():
            found = images_below(source)
            if not found:
                raise AskedWrongly(
                    f"There is no image in {source}.",
                    hint=f"Files ending in {' '.join(sorted(SUFFIXES))} are looked for.",
                )
            yield from found
        else:
            yield source


def is_address(source: str) -> bool:
    """Whether it is an address rather than a path."""
    return "://" in source


async def read_image(name: str, *, max_bytes: int) -> bytes:
    """The bytes of one image, given up once there are more than `max_bytes`.

    Raises: ImageTooLarge, CommandError, OSError.
    """
    if is_address(name):
        return await _fetch(name, max_bytes)
    return _read_stdin(max_bytes) if name == STDIN else _read_file(Path(name), max_bytes)


def images_below(folder: str) -> list[str]:
    """Every image in a folder at any depth, by its file's ending, sorted. Raises: OSError."""
    found = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [str(Path(parent, name)) for name in names if has_image_name(name)]
    return sorted(found, key=lambda path: Path(path).parts)


def has_image_name(name: str) -> bool:
    """Whether a file of this name is taken for an image."""
    return Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")


def _raise(error: OSError) -> None:
    raise error


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > max_bytes:
                raise _too_large(max_bytes)
            return _limited(file.read(max_bytes + 1), max_bytes)
    except OSError as error:
        raise AskedWrongly(
            f"It cannot be read: {error.strerror}.", hint="Check the path."
        ) from error


def _read_stdin(max_bytes: int) -> bytes:
    if sys.stdin.isatty():
        raise AskedWrongly("Nothing is piped into stdin.", hint="classifr predict - < photo.jpg")
    return _limited(sys.stdin.buffer.read(max_bytes + 1), max_bytes)


async def _fetch(address: str, max_bytes: int) -> bytes:
    timeout = httpx.Timeout(FETCH_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx.AsyncClient(follow_redirects=True, timeout=timeout) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise CommandError(
                    f"The server answered {response.status_code} {response.reason_phrase}".rstrip()
                    + ".",
                    hint="Open the address in a browser to see why.",
                )
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > max_bytes:
                    raise _too_large(max_bytes)
            return bytes(data)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise AskedWrongly(
            f"This is no address to fetch from: {error}.",
            hint="It begins with http:// or https:// and names a server.",
        ) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise CommandError(
            "The server did not answer in time.", hint="Try again, or download it by other means."
        ) from error
    except httpx.HTTPError as error:
        raise CommandError(
            f"It cannot be fetched: {str(error) or type(error).__name__}.",
            hint="Check the address and the network.",
        ) from error


def _limited(data: bytes, max_bytes: int) -> bytes:
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return data


def _too_large(max_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(f"The image file is larger than {max_bytes:,} bytes, the most accepted.")
