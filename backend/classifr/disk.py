"""What the system says of a file that cannot be read or written, in our errors."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from classifr.errors import StorageFull, StorageUnavailable

# No room on the disk, for this account, or for this process in one file.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_error(error: OSError) -> StorageFull | StorageUnavailable:
    """What to raise from an error of the system."""
    return StorageFull() if error.errno in _FULL else StorageUnavailable()


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the system's errors into StorageFull and StorageUnavailable."""
    try:
        yield
    except OSError as error:
        raise disk_error(error) from error
