"""A form whose file finds no room on the disk, whenever that comes out."""

import resource
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Request
from starlette.types import Message

from classifr.errors import StorageFull
from classifr.forms import read_form

LIMIT = 300 * 1024


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file of this process may grow beyond the limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def posted(file: bytes, *, step: int) -> Request:
    """A request with one file, which arrives so many bytes at a time."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = head + file + b"\r\n--b--\r\n"
    pieces = iter([body[start : start + step] for start in range(0, len(body), step)])

    async def receive() -> Message:
        piece = next(pieces, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


@pytest.mark.parametrize("step", [5_000, 64 * 1024])
@pytest.mark.parametrize("excess", [1024, 10 * 1024, 1024 * 1024])
async def test_file_that_finds_no_room_is_refused_before_anybody_reads_it(
    tmp_path: Path, little_room: None, excess: int, step: int
) -> None:
    request = posted(bytes(LIMIT + excess), step=step)
    with pytest.raises(StorageFull):
        async with read_form(request, field="image", at_most=1, spool_dir=tmp_path):
            pytest.fail("the form was read")


@pytest.mark.parametrize("size", [0, 1, 200 * 1024, 299 * 1024])
async def test_file_is_read_as_it_came(tmp_path: Path, size: int) -> None:
    sent = secrets.token_bytes(size)
    for folder in (None, tmp_path):
        request = posted(sent, step=7_000)
        async with read_form(request, field="image", at_most=1, spool_dir=folder) as form:
            (file,) = form.files
            assert await file.read() == sent
            assert file.size == size
