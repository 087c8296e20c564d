"""The system's errors of files, and ours."""

import errno

import pytest

from classifr.disk import disk_errors
from classifr.errors import ClassifrError, StorageFull, StorageUnavailable


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EFBIG, StorageFull),
        (errno.EIO, StorageUnavailable),
        (errno.EROFS, StorageUnavailable),
    ],
)
def test_full_disk_is_told_from_one_that_fails(code: int, ours: type[ClassifrError]) -> None:
    with pytest.raises(ours) as raised, disk_errors():
        raise OSError(code, "said by the system")
    assert isinstance(raised.value.__cause__, OSError)
