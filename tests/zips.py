"""Zip files that tests make for themselves."""

import zipfile
from collections.abc import Mapping
from io import BytesIO


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these files by path."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()
